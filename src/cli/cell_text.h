// One cell as people read it: text without quotes, everything else as in JSON.

#pragma once

#include <string>
#include <string_view>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::cli {

// Null is "". kUnsupportedFeature for a type without a text form.
Result<std::string> CellText(const arrow::Array& array, int64_t row);

// The text with control characters escaped, so that data cannot steer a terminal.
std::string PrintableText(std::string_view text);

// Columns that the UTF-8 text takes on a terminal.
int DisplayWidth(std::string_view text);

// Cut to `width` columns, the last of them '…' if something was cut.
std::string CutToWidth(std::string_view text, int width);

}  // namespace deltaport::cli
