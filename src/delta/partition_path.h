// Partition values of rows: as text for the log and as directory names.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::delta {

// The text that stands for the value in the log. nullopt for null, and for an empty string, which
// the format cannot tell from null. kInvalidArgument for bytes that are not UTF-8.
Result<std::optional<std::string>> PartitionValueText(const arrow::Array& values, int64_t row);

// "column=value" with the characters that Hive escapes as %XX; null is
// __HIVE_DEFAULT_PARTITION__. Cut to what file systems take as a name: readers take values from
// the log alone.
std::string PartitionDirectory(std::string_view column, const std::optional<std::string>& value);

}  // namespace deltaport::delta
