#include "engine/duckdb/julian_cast.h"

#include <chrono>

#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/common/vector_operations/unary_executor.hpp>
#include <duckdb/function/cast/cast_function_set.hpp>
#include <duckdb/main/config.hpp>

namespace deltaport::engine {
namespace {

using duckdb::LogicalType;

constexpr int32_t kFirstGregorianDay = -141427;  // 1582-10-15.
constexpr int64_t kDayUs = 86'400'000'000;

LogicalType Julian(LogicalType type) {
  type.SetAlias(kJulianAlias);
  return type;
}

bool CastDates(duckdb::Vector& source, duckdb::Vector& result, duckdb::idx_t count,
               duckdb::CastParameters&) {
  duckdb::UnaryExecutor::Execute<int32_t, int32_t>(source, result, count, FromHybridDays);
  return true;
}

bool CastTimestamps(duckdb::Vector& source, duckdb::Vector& result, duckdb::idx_t count,
                    duckdb::CastParameters&) {
  duckdb::UnaryExecutor::Execute<int64_t, int64_t>(source, result, count, FromHybridMicroseconds);
  return true;
}

bool CastDatesToTimestamps(duckdb::Vector& source, duckdb::Vector& result, duckdb::idx_t count,
                           duckdb::CastParameters&) {
  duckdb::UnaryExecutor::Execute<int32_t, int64_t>(
      source, result, count, [](int32_t days) { return FromHybridDays(days) * kDayUs; });
  return true;
}

}  // namespace

int32_t FromHybridDays(int32_t days) {
  if (days >= kFirstGregorianDay) return days;
  // Julian day number to a Julian date, by shifting the year to begin in March.
  constexpr int64_t kEpochJulianDay = 2'440'588;
  constexpr int64_t kDaysPerFourYears = 1461;
  constexpr int64_t kCycleYears = 4'000'000;  // Keeps what follows positive.
  const int64_t shifted = days + kEpochJulianDay + 32'082 + kCycleYears / 4 * kDaysPerFourYears;
  const int64_t years = (4 * shifted + 3) / kDaysPerFourYears;
  const int64_t day_of_year = shifted - kDaysPerFourYears * years / 4;
  const int64_t month_index = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_index + 2) / 5;
  const int64_t month = month_index + 3 - 12 * (month_index / 10);
  const int64_t year = years - 4800 - kCycleYears + month_index / 10;
  // std::chrono ends at this year, and so does every calendar in use.
  if (year < static_cast<int>(std::chrono::year::min())) return days;
  const std::chrono::sys_days first{std::chrono::year(static_cast<int>(year)) /
                                    std::chrono::month(static_cast<unsigned>(month)) / 1};
  return static_cast<int32_t>(first.time_since_epoch().count() + day);
}

int64_t FromHybridMicroseconds(int64_t microseconds) {
  if (microseconds >= kFirstGregorianDay * kDayUs) return microseconds;
  const duckdb::timestamp_t instant(microseconds);
  if (!duckdb::Timestamp::IsFinite(instant)) return microseconds;
  const int64_t rest = (microseconds % kDayUs + kDayUs) % kDayUs;
  const auto days = static_cast<int32_t>((microseconds - rest) / kDayUs);
  return FromHybridDays(days) * kDayUs + rest;
}

void RegisterJulianCasts(duckdb::DatabaseInstance& database) {
  auto& casts = duckdb::DBConfig::GetConfig(database).GetCastFunctions();
  casts.RegisterCastFunction(Julian(LogicalType::DATE), LogicalType::DATE, CastDates, -1);
  casts.RegisterCastFunction(Julian(LogicalType::DATE), LogicalType::TIMESTAMP,
                             CastDatesToTimestamps, -1);
  for (const auto& type :
       {LogicalType(LogicalType::TIMESTAMP), LogicalType(LogicalType::TIMESTAMP_TZ)}) {
    casts.RegisterCastFunction(Julian(type), type, CastTimestamps, -1);
  }
}

}  // namespace deltaport::engine
