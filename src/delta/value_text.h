// Column values as the text that Delta logs use, in partition values and statistics.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/builder.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::delta {

// Microseconds since the epoch of "2021-09-08[T ]11:11:11[.123456][Z|+01:00]" or a date alone.
// nullopt for other text; digits below a microsecond are cut.
std::optional<int64_t> ParseTimestampText(std::string_view text);

// Days since the epoch of "2021-09-08"; years may be negative or have more digits.
std::optional<int32_t> ParseDateText(std::string_view text);

// "2021-09-08", and "2021-09-08T11:11:11.123456" (no zone).
std::string DateText(int32_t days);
std::string TimestampText(int64_t microseconds);

// Appends the value that `text` stands for to a builder of that (primitive) type.
// kCorruptTable if it is not one of the type.
Status AppendValueText(const arrow::DataType& type, std::string_view text,
                       arrow::ArrayBuilder& builder);

}  // namespace deltaport::delta
