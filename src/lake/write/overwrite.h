// New rows in place of others, as one commit.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/query_engine.h"
#include "lake/write/row_statement.h"
#include "storage/object_store.h"

namespace deltaport::lake {

enum class OverwriteScope {
  kTable,       // All rows go.
  kPartitions,  // Those of the partitions that the new rows are in.
  kMatching,    // Those for which `where` is true; the new rows have to match, too.
};

struct OverwriteRequest {
  OverwriteScope scope = OverwriteScope::kTable;
  std::string where;  // A predicate in SQL over the table's columns; with kMatching.
  // The table gets the columns that only the rows have, and wider types if delta.enableTypeWidening
  // is on.
  bool merge_schema = false;
  // With kTable: the table gets the columns of the rows instead of its own, and is partitioned by
  // partition_columns if these are given.
  bool replace_schema = false;
  std::optional<std::vector<std::string>> partition_columns;
  RowStatementOptions options;
};

// The rows are completed and checked by the table's rules as in AppendRows; `rows` without any only
// deletes. Where partition values decide `where` for whole files, none is read.
// kInvalidArgument for rows that do not fit or that break a rule or the predicate (naming one), for
// a mistake in the predicate, for kPartitions on a table without partitions, and for an append-only
// table; kConflict if rows that would have to go were committed meanwhile, or rows that were read
// are gone. Nothing is visible then.
Result<RowStatementOutcome> Overwrite(engine::QueryEngine& engine, const storage::Location& table,
                                      std::shared_ptr<arrow::RecordBatchReader> rows,
                                      const OverwriteRequest& request, const CancelToken& token);

}  // namespace deltaport::lake
