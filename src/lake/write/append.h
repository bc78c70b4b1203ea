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

// Columns that the rows lack get their defaults, are generated, counted, or null; see
// ApplyRowRules, whose errors come as they are, beside those of delta::Append. What `options` says
// of rules and of before_commit is set here. Nothing is left when it fails.
Result<delta::WriteOutcome> AppendRows(engine::QueryEngine& engine,
                                       const storage::Location& location,
                                       std::shared_ptr<arrow::RecordBatchReader> rows,
                                       delta::WriteOptions options, const CancelToken& token);

}  // namespace deltaport::lake
