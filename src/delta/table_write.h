// Creating tables and adding rows to them, each as one commit.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "delta/data_file_writer.h"
#include "delta/new_table.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct WriteOptions {
  DataFileWriterOptions files;
  // Makes the write happen once: where the table has recorded that version of the application, or a
  // later one, nothing is written and the outcome says so.
  std::optional<SetTransaction> transaction;
  // The table gets the columns that only the rows have (and wider types, if
  // delta.enableTypeWidening is on); columns that the rows lack are null in them.
  bool merge_schema = false;
  // Overwrite only: the table gets the columns of the rows instead of its own, and is partitioned
  // by partition_columns if these are given.
  bool replace_schema = false;
  std::optional<std::vector<std::string>> partition_columns;
  // The rows have passed the rules of the table (Transaction::RowRulesApplied).
  bool rows_checked = false;
  // Append and overwrite: gives what is written in place of the rows, by the rules of the table as
  // the transaction has it by then.
  std::function<Result<std::shared_ptr<arrow::RecordBatchReader>>(const Transaction&)> rule_rows;
  // The table as it was read before, of any version: then only newer commits are read. May be null.
  std::shared_ptr<const Snapshot> known;
  // Called when all rows are written, for what belongs into the same commit.
  std::function<Status(Transaction&)> before_commit;
};

struct WriteOutcome {
  TableVersion version = 0;  // Committed; if already_done, the one that had done it.
  int64_t timestamp_ms = 0;
  bool already_done = false;
  int64_t rows = 0;
  int64_t files = 0;
  int64_t size_bytes = 0;
  int64_t removed_files = 0;
  // The table at that version or a later one, for `known` of the next write; may be null.
  std::shared_ptr<const Snapshot> snapshot;
};

// An empty table; see StartTable. kAlreadyExists if there is a table.
Result<WriteOutcome> CreateTable(const storage::Location& location, const arrow::Schema& schema,
                                 const NewTable& table);

// A table that has the columns of `rows` and, in the same commit, its rows. Errors as those of
// CreateTable and Append; kAlreadyExists may come only after the rows were read. Nothing is left
// when it fails.
Result<WriteOutcome> CreateTableWithRows(const storage::Location& location,
                                         arrow::RecordBatchReader& rows, const NewTable& table,
                                         const WriteOptions& options, const CancelToken& token);

// Adds rows. Concurrent appends all succeed, each as a version of its own. kInvalidArgument listing
// the differences if the rows do not fit the table, kUnsupportedFeature naming a writer feature
// that we lack, kConflict if the schema or the properties change meanwhile.
Result<WriteOutcome> Append(const storage::Location& location, arrow::RecordBatchReader& rows,
                            const WriteOptions& options, const CancelToken& token);

// Replaces all rows that are there when it starts. kConflict if rows were committed meanwhile, but
// for blind appends: by the table's isolation level these may follow. Otherwise as Append.
Result<WriteOutcome> Overwrite(const storage::Location& location, arrow::RecordBatchReader& rows,
                               const WriteOptions& options, const CancelToken& token);

}  // namespace deltaport::delta
