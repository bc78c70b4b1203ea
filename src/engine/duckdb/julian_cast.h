// Dates and timestamps that Spark wrote in the hybrid calendar: Julian before 1582-10-15.
//
// Spark marks such files in their footers ("org.apache.spark.legacyDateTime", "…legacyINT96", or a
// version before 3.0 or 3.1). The date that a reader saw is kept, as Spark keeps it
// (RebaseDateTime.scala), except that the day of a timestamp is that of UTC, whatever zone wrote
// it.

#pragma once

#include <duckdb.hpp>

namespace deltaport::engine {

// The type alias of hybrid values in a file.
inline constexpr char kJulianAlias[] = "deltaport_julian";

// Days since 1970-01-01 in the proleptic Gregorian calendar.
int32_t FromHybridDays(int32_t days);
// Microseconds; infinities stay.
int64_t FromHybridMicroseconds(int64_t microseconds);

// Makes DuckDB cast DATE, TIMESTAMP and TIMESTAMPTZ with that alias to those without.
void RegisterJulianCasts(duckdb::DatabaseInstance& database);

}  // namespace deltaport::engine
