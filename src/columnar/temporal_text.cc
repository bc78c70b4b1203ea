#include "columnar/temporal_text.h"

#include <array>
#include <cstring>
#include <memory>

#include "columnar/number_text.h"

namespace deltaport::columnar {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

// Days from 1870-01-01 to 2170-01-01: what nearly all data has.
constexpr int64_t kTableFirstDay = -36'524;
constexpr int64_t kTableDays = 109'572;
using DateText = std::array<char, 16>;

int64_t UnitsPerSecond(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return kNanosecondsPerSecond;
}

int64_t FloorDivide(int64_t value, int64_t by) {
  const int64_t quotient = value / by;
  return quotient - (value % by < 0 ? 1 : 0);
}

// Not value - quotient * by, which overflows near the smallest value.
int64_t FloorModulo(int64_t value, int64_t by) {
  const int64_t rest = value % by;
  return rest < 0 ? rest + by : rest;
}

char* PutYear(char* out, int64_t year) {
  if (year >= 0 && year <= 9999) return PutPadded(out, static_cast<uint64_t>(year), 4);
  *out++ = year < 0 ? '-' : '+';
  const uint64_t magnitude = static_cast<uint64_t>(year < 0 ? -year : year);
  return magnitude < 10'000 ? PutPadded(out, magnitude, 4) : PutUnsigned(out, magnitude);
}

// Proleptic Gregorian calendar, by eras of 400 years that begin on 1 March.
char* PutComputedDate(char* out, int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = FloorDivide(shifted, 146'097);
  const int64_t day_of_era = shifted - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_index = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
  const int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  out = PutYear(out, year);
  *out = '-';
  PutTwoDigits(out + 1, static_cast<unsigned>(month));
  out[3] = '-';
  PutTwoDigits(out + 4, static_cast<unsigned>(day));
  return out + 6;
}

const DateText* DateTable() {
  static const auto table = [] {
    auto made = std::make_unique<DateText[]>(kTableDays);
    for (int64_t i = 0; i < kTableDays; ++i) PutComputedDate(made[i].data(), kTableFirstDay + i);
    return made;
  }();
  return table.get();
}

char* PutFraction(char* out, uint64_t nanoseconds) {
  if (nanoseconds == 0) return out;
  *out++ = '.';
  if (nanoseconds % 1'000'000 == 0) return PutPadded(out, nanoseconds / 1'000'000, 3);
  if (nanoseconds % 1'000 == 0) return PutPadded(out, nanoseconds / 1'000, 6);
  return PutPadded(out, nanoseconds, 9);
}

char* PutClock(char* out, int64_t seconds, uint64_t nanoseconds) {
  PutTwoDigits(out, static_cast<unsigned>(seconds / 3'600 % 100));
  out[2] = ':';
  PutTwoDigits(out + 3, static_cast<unsigned>(seconds / 60 % 60));
  out[5] = ':';
  PutTwoDigits(out + 6, static_cast<unsigned>(seconds % 60));
  return PutFraction(out + 8, nanoseconds);
}

struct Seconds {
  int64_t whole;  // Rounded down.
  uint64_t nanoseconds;
};

Seconds Split(int64_t value, arrow::TimeUnit::type unit) {
  const int64_t per_second = UnitsPerSecond(unit);
  const int64_t whole = FloorDivide(value, per_second);
  const int64_t rest = FloorModulo(value, per_second);
  return {whole, static_cast<uint64_t>(rest * (kNanosecondsPerSecond / per_second))};
}

}  // namespace

char* PutDate(char* out, int64_t days) {
  const int64_t index = days - kTableFirstDay;
  if (static_cast<uint64_t>(index) >= static_cast<uint64_t>(kTableDays)) {
    return PutComputedDate(out, days);
  }
  static const DateText* const table = DateTable();
  std::memcpy(out, table[index].data(), sizeof(DateText));
  return out + 10;
}

char* PutTimeOfDay(char* out, int64_t value, arrow::TimeUnit::type unit) {
  const Seconds seconds = Split(value, unit);
  return PutClock(out, seconds.whole < 0 ? 0 : seconds.whole, seconds.nanoseconds);
}

char* PutTimestamp(char* out, int64_t value, arrow::TimeUnit::type unit, bool utc) {
  const Seconds seconds = Split(value, unit);
  const int64_t days = FloorDivide(seconds.whole, kSecondsPerDay);
  out = PutDate(out, days);
  *out++ = 'T';
  out = PutClock(out, FloorModulo(seconds.whole, kSecondsPerDay), seconds.nanoseconds);
  if (utc) *out++ = 'Z';
  return out;
}

char* PutDuration(char* out, int64_t value, arrow::TimeUnit::type unit) {
  const uint64_t per_second = static_cast<uint64_t>(UnitsPerSecond(unit));
  uint64_t magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  *out++ = 'P';
  *out++ = 'T';
  out = PutUnsigned(out, magnitude / per_second);
  out = PutFraction(out, magnitude % per_second * (kNanosecondsPerSecond / per_second));
  *out++ = 'S';
  return out;
}

char* PutInterval(char* out, int64_t months, int64_t days, int64_t nanoseconds) {
  *out++ = 'P';
  if (months != 0) {
    out = PutSigned(out, months);
    *out++ = 'M';
  }
  if (days != 0) {
    out = PutSigned(out, days);
    *out++ = 'D';
  }
  if (nanoseconds != 0 || (months == 0 && days == 0)) {
    *out++ = 'T';
    uint64_t magnitude = static_cast<uint64_t>(nanoseconds);
    if (nanoseconds < 0) {
      *out++ = '-';
      magnitude = 0 - magnitude;
    }
    out = PutUnsigned(out, magnitude / kNanosecondsPerSecond);
    out = PutFraction(out, magnitude % kNanosecondsPerSecond);
    *out++ = 'S';
  }
  return out;
}

}  // namespace deltaport::columnar
