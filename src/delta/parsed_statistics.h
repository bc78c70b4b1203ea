// File statistics that a log holds as columns (`add.stats_parsed` of checkpoints).

#pragma once

#include <memory>
#include <string>

#include <arrow/array.h>

#include "base/error.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// The struct value of that row as the text of `add.stats`. Null members, values that are not finite
// and types without bounds are left out.
Result<std::string> StatisticsJson(const arrow::StructArray& parsed, int64_t row);

// Bounds and null counts of a top-level column (by physical name) straight out of the columns, by
// the rules of ReadStatistics. Null if they are of a type that does not fit `type`: the text, which
// can be converted value by value, then says what it can.
Result<std::shared_ptr<const ColumnStatistics>> ColumnStatisticsOf(
    const arrow::StructArray& parsed, const std::string& name,
    const std::shared_ptr<arrow::DataType>& type, bool has_bounds);

}  // namespace deltaport::delta
