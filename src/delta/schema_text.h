// Changes to a table's schema text that leave everything else in it as it is.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace deltaport::delta {

// The schema with `key` of the metadata of a top-level column set to the JSON text `value`, or
// without it. kCorruptTable if the text is no schema, kNotFound if there is no such column.
Result<std::string> WithFieldMetadata(std::string_view schema_string, std::string_view column,
                                      std::string_view key,
                                      const std::optional<std::string>& value);

}  // namespace deltaport::delta
