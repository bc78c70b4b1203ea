// File statistics held as columns (`add.stats_parsed` of checkpoints) as JSON text.

#pragma once

#include <string>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::delta {

// The struct value of that row as the text of `add.stats`. Null members, values that are not finite
// and types without bounds are left out.
Result<std::string> StatisticsJson(const arrow::StructArray& parsed, int64_t row);

}  // namespace deltaport::delta
