// Which columns of a table have bounds and null counts in the statistics of new files.

#pragma once

#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/table_properties.h"

namespace deltaport::delta {

// A column by its names from the outermost struct inwards.
using ColumnPath = std::vector<std::string>;

// The parts of a dotted path; a part with dots stands in back-quotes ("a.`b.c`").
// kInvalidArgument for an empty part or an open quote.
Result<ColumnPath> ParseColumnPath(std::string_view text);

// One entry for each leaf of `schema` (the columns of data files, by logical names), in depth-first
// order; lists and maps are one leaf. By the properties: the columns that
// delta.dataSkippingStatsColumns names, with all of a struct, or the leading leaves; and `always`
// (logical paths), whatever the properties say: those that the table is clustered by.
Result<std::vector<bool>> StatisticsLeaves(const arrow::Schema& schema,
                                           const TableProperties& properties,
                                           const std::vector<ColumnPath>& always);

}  // namespace deltaport::delta
