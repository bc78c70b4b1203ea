// Whole tables without a query engine: all rows of some columns go from the files to Arrow batches
// in one step, where an engine would copy them twice on the way.

#pragma once

#include <memory>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/structured_query.h"
#include "engine/table_files.h"
#include "engine/table_source.h"

namespace deltaport::engine {

// The rows of `query` in the order of the table's files. Null if an engine must read them: the
// query does more than name columns, or a file has deleted rows, or holds a column in another form
// than the table's own, or there are many files. Errors, also of the reader: kCorruptTable naming
// the file for damage, the token's reason.
Result<std::shared_ptr<arrow::RecordBatchReader>> ScanDirectly(
    const std::shared_ptr<const TableSource>& table, const BoundQuery& query,
    const std::shared_ptr<TableFiles>& files, const CancelToken& token);

}  // namespace deltaport::engine
