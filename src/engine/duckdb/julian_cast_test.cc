#include "engine/duckdb/julian_cast.h"

#include <chrono>

#include <gtest/gtest.h>

namespace deltaport::engine {
namespace {

int32_t Days(int year, unsigned month, unsigned day) {
  return static_cast<int32_t>(
      std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / day)
          .time_since_epoch()
          .count());
}

TEST(JulianCast, DatesKeepTheirName) {
  // 1582-10-04 of the Julian calendar is the day before 1582-10-15 of the Gregorian.
  EXPECT_EQ(FromHybridDays(Days(1582, 10, 15)), Days(1582, 10, 15));
  EXPECT_EQ(FromHybridDays(Days(1582, 10, 14)), Days(1582, 10, 4));
  EXPECT_EQ(FromHybridDays(Days(1, 1, 1) - 2), Days(1, 1, 1));     // Spark's first rebased day.
  EXPECT_EQ(FromHybridDays(Days(1500, 3, 10)), Days(1500, 3, 1));  // 1500-02-29 was a day.
  EXPECT_EQ(FromHybridDays(Days(1500, 3, 11)), Days(1500, 3, 1));
  EXPECT_EQ(FromHybridDays(0), 0);
}

TEST(JulianCast, EveryDayFollowsTheOneBefore) {
  int32_t last = FromHybridDays(-800'000);
  for (int32_t days = -799'999; days <= -141'427; ++days) {
    const int32_t now = FromHybridDays(days);
    ASSERT_TRUE(now == last + 1 || now == last || (days == -141'427 && now == last + 11)) << days;
    last = now;
  }
}

TEST(JulianCast, TheTimeOfDayStays) {
  constexpr int64_t kDayUs = 86'400'000'000;
  EXPECT_EQ(FromHybridMicroseconds(Days(1582, 10, 14) * kDayUs + 7),
            Days(1582, 10, 4) * kDayUs + 7);
  EXPECT_EQ(FromHybridMicroseconds(Days(1582, 10, 15) * kDayUs - 1),
            Days(1582, 10, 5) * kDayUs - 1);
  EXPECT_EQ(FromHybridMicroseconds(-1), -1);
  const int64_t kInfinity = duckdb::timestamp_t::ninfinity().value;
  EXPECT_EQ(FromHybridMicroseconds(kInfinity), kInfinity);
}

}  // namespace
}  // namespace deltaport::engine
