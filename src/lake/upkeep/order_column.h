// The columns that an order is made of: how a query delivers them as values that can be put into
// ranges.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/snapshot.h"

namespace deltaport::lake {

// SQL over a table that gives the column's values as bigint, double, varchar or blob, in the same
// order as the values themselves (neighbours may become equal).
// kInvalidArgument for a column that is unknown, in the folders' names, or of a type without order.
Result<std::string> OrderColumnSql(const delta::Snapshot& snapshot, std::string_view name);

}  // namespace deltaport::lake
