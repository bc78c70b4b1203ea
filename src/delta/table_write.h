// Creating tables and adding rows to them, each as one commit.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "delta/data_file_writer.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct WriteOptions {
  DataFileWriterOptions files;
  // Recorded with the commit; a writer that repeats itself asks Snapshot::TransactionVersion.
  std::optional<SetTransaction> transaction;
};

struct WriteOutcome {
  TableVersion version = 0;  // Committed.
  int64_t rows = 0;
  int64_t files = 0;
  int64_t size_bytes = 0;
  int64_t removed_files = 0;
};

struct NewTable {
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;  // Table properties.
};

// An empty table. `schema` may have every type with a Delta form (columnar::DeltaTypeOf).
// kAlreadyExists if there is a table, kInvalidArgument for names that no table may have,
// kUnsupportedFeature for a type or property that we could not keep.
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

// Replaces all rows. kConflict if anything was committed meanwhile. Otherwise as Append.
Result<WriteOutcome> Overwrite(const storage::Location& location, arrow::RecordBatchReader& rows,
                               const WriteOptions& options, const CancelToken& token);

}  // namespace deltaport::delta
