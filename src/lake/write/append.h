// Rows into a table, by the table's rules, as one commit.

#pragma once

#include <memory>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/table_write.h"
#include "engine/query_engine.h"
#include "storage/object_store.h"

namespace deltaport::lake {

enum class AppendMode {
  kAppend,
  kOverwrite,  // The rows replace all rows.
};

// Columns that the rows lack get their defaults, are generated, counted, or null; see
// ApplyRowRules, whose errors come as they are, beside those of delta::Append and delta::Overwrite.
// `options.rows_checked` and `options.before_commit` are set here. Nothing is left when it fails.
Result<delta::WriteOutcome> AppendRows(engine::QueryEngine& engine,
                                       const storage::Location& location,
                                       std::shared_ptr<arrow::RecordBatchReader> rows,
                                       AppendMode mode, delta::WriteOptions options,
                                       const CancelToken& token);

}  // namespace deltaport::lake
