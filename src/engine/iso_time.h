// Dates and times as ISO 8601 text.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace deltaport::engine {

// A point in time; without a zone in the text, as if it were UTC.
struct Instant {
  int64_t seconds = 0;      // Since 1970-01-01T00:00:00.
  int32_t nanoseconds = 0;  // 0 … 999,999,999, later than `seconds`.
};

// "2024-01-30", "2024-01-30T12:00", "2024-01-30 12:00:05.25", each time also with "Z", "+01",
// "+0130" or "-01:30". Years 0000 to 9999, up to nine digits of a fraction. Nullopt otherwise.
std::optional<Instant> ParseIsoInstant(std::string_view text);

// Nanoseconds since midnight of "12:00", "12:00:05" or "12:00:05.25".
std::optional<int64_t> ParseIsoTimeOfDay(std::string_view text);

}  // namespace deltaport::engine
