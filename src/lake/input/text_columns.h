// Columns of text, as CSV has them, in the types of a table.

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::lake {

// `rows` with those columns as in `columns` that are text there and another type in `columns`.
// Empty text is null then; values are written as json_cell.h says, nested ones as JSON.
// kInvalidArgument naming file (`name`), row (the first is 1) and column for text that is no value
// of the type.
std::shared_ptr<arrow::RecordBatchReader> TypedColumns(
    std::shared_ptr<arrow::RecordBatchReader> rows, const arrow::Schema& columns, std::string name);

}  // namespace deltaport::lake
