#include "engine/iso_time.h"

#include <chrono>

namespace deltaport::engine {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

// Reads a text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }

  bool Take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `count` digits.
  std::optional<int> TakeNumber(size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int number = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }

  // One to nine digits behind a decimal point, in units of 10^-9.
  std::optional<int32_t> TakeNanoseconds() {
    int32_t number = 0;
    int digits = 0;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
      if (digits == 9) return std::nullopt;
      number = number * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) number *= 10;
    return number;
  }

 private:
  std::string_view rest_;
};

std::optional<int64_t> TakeTimeOfDay(Cursor& cursor) {
  const auto hour = cursor.TakeNumber(2);
  if (!hour || *hour > 23 || !cursor.Take(':')) return std::nullopt;
  const auto minute = cursor.TakeNumber(2);
  if (!minute || *minute > 59) return std::nullopt;
  int64_t seconds = *hour * 3600 + *minute * 60;
  int32_t nanoseconds = 0;
  if (cursor.Take(':')) {
    const auto second = cursor.TakeNumber(2);
    if (!second || *second > 59) return std::nullopt;
    seconds += *second;
    if (cursor.Take('.')) {
      const auto fraction = cursor.TakeNanoseconds();
      if (!fraction) return std::nullopt;
      nanoseconds = *fraction;
    }
  }
  return seconds * kNanosecondsPerSecond + nanoseconds;
}

// Seconds east of UTC; 0 if the text ends here.
std::optional<int64_t> TakeZone(Cursor& cursor) {
  if (cursor.empty() || cursor.Take('Z') || cursor.Take('z')) return 0;
  const bool west = cursor.Take('-');
  if (!west && !cursor.Take('+')) return std::nullopt;
  const auto hours = cursor.TakeNumber(2);
  if (!hours || *hours > 23) return std::nullopt;
  int64_t seconds = *hours * 3600;
  if (!cursor.empty()) {
    cursor.Take(':');
    const auto minutes = cursor.TakeNumber(2);
    if (!minutes || *minutes > 59) return std::nullopt;
    seconds += *minutes * 60;
  }
  return west ? -seconds : seconds;
}

std::optional<int64_t> TakeDays(Cursor& cursor) {
  const auto year = cursor.TakeNumber(4);
  if (!year || !cursor.Take('-')) return std::nullopt;
  const auto month = cursor.TakeNumber(2);
  if (!month || !cursor.Take('-')) return std::nullopt;
  const auto day = cursor.TakeNumber(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

}  // namespace

std::optional<Instant> ParseIsoInstant(std::string_view text) {
  Cursor cursor(text);
  const auto days = TakeDays(cursor);
  if (!days) return std::nullopt;
  Instant instant{*days * 86'400, 0};
  if (cursor.empty()) return instant;
  if (!cursor.Take('T') && !cursor.Take('t') && !cursor.Take(' ')) return std::nullopt;
  const auto time = TakeTimeOfDay(cursor);
  if (!time) return std::nullopt;
  const auto zone = TakeZone(cursor);
  if (!zone || !cursor.empty()) return std::nullopt;
  instant.seconds += *time / kNanosecondsPerSecond - *zone;
  instant.nanoseconds = static_cast<int32_t>(*time % kNanosecondsPerSecond);
  return instant;
}

std::optional<int64_t> ParseIsoTimeOfDay(std::string_view text) {
  Cursor cursor(text);
  const auto time = TakeTimeOfDay(cursor);
  if (!cursor.empty()) return std::nullopt;
  return time;
}

}  // namespace deltaport::engine
