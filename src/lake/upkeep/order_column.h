// The columns that an order is made of, as values that can be put into ranges.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "delta/snapshot.h"

namespace deltaport::lake {

struct OrderColumn {
  std::string sql;        // What names it in a query over the table.
  std::vector<int> path;  // Position in the table's schema, then in each struct.
};

// kInvalidArgument for a column that is unknown, in the folders' names, or of a type without order.
Result<OrderColumn> FindOrderColumn(const delta::Snapshot& snapshot, std::string_view name);

// The values of the column in rows of the table, as int64, double, string or binary in the order of
// the values themselves (neighbours may become equal). The rows may have more columns behind those
// of the table.
Result<std::shared_ptr<arrow::Array>> OrderValues(const OrderColumn& column,
                                                  const arrow::RecordBatch& rows);

// The same for an array of the column.
Result<std::shared_ptr<arrow::Array>> OrderValues(const std::shared_ptr<arrow::Array>& values);

}  // namespace deltaport::lake
