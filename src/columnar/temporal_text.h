// Dates, times, timestamps and durations as ISO 8601 text, written straight into a buffer.
//
// All functions return the end of what they wrote: at most kTemporalTextMax bytes, unquoted. A
// fraction has 3, 6 or 9 digits and is left out when it is zero.

#pragma once

#include <cstdint>

#include <arrow/type.h>

namespace deltaport::columnar {

inline constexpr int kTemporalTextMax = 56;

// "2024-01-01"; days since 1970-01-01.
char* PutDate(char* out, int64_t days);

// "01:02:05.123"; `value` in `unit` since midnight.
char* PutTimeOfDay(char* out, int64_t value, arrow::TimeUnit::type unit);

// "2024-01-01T00:00:00", with a final Z if `utc`; `value` in `unit` since 1970-01-01T00:00:00.
char* PutTimestamp(char* out, int64_t value, arrow::TimeUnit::type unit, bool utc);

// "PT1.500S", "-PT2S".
char* PutDuration(char* out, int64_t value, arrow::TimeUnit::type unit);

// "P1M2DT3.500S"; parts that are zero are left out, "PT0S" if all are.
char* PutInterval(char* out, int64_t months, int64_t days, int64_t nanoseconds);

}  // namespace deltaport::columnar
