// Columns of text, as CSV has them, in the types of a table.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::lake {

// Where a row (from 0) stands, for messages: "rows.csv, line 7".
using RowPlace = std::function<std::string(int64_t row)>;

// `rows` with those columns as in `columns` that are text there and another type in `columns`.
// Empty text is null then; values are written as json_cell.h says, nested ones as JSON.
// kInvalidArgument naming the place of the row and the column for text that is no value of the
// type.
std::shared_ptr<arrow::RecordBatchReader> TypedColumns(
    std::shared_ptr<arrow::RecordBatchReader> rows, const arrow::Schema& columns, RowPlace place);

}  // namespace deltaport::lake
