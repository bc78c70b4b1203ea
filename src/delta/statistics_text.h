// Questions to and changes of `add.stats`, the JSON text of a file's statistics.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace deltaport::delta {

// numRecords; nullopt if the text does not say, or is no JSON.
std::optional<int64_t> RecordCount(std::string_view stats);

// The same statistics for a file that has got a deletion vector: its bounds hold but may be wide
// ("tightBounds": false), and numRecords is exact. Empty text stands for no statistics.
// kInvalidArgument if neither the text nor `rows` say how many rows the file has.
Result<std::string> WithWideBounds(std::string_view stats, std::optional<int64_t> rows);

}  // namespace deltaport::delta
