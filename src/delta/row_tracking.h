// Row ids: the high-water mark of a table.
//
// Source: PROTOCOL.md, "Row Tracking".

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/error.h"
#include "delta/action.h"

namespace deltaport::delta {

inline constexpr char kRowTrackingDomain[] = "delta.rowTracking";

// The highest row id that was given out, -1 before the first. kCorruptTable for a domain that
// does not say.
Result<int64_t> RowIdHighWaterMark(const std::map<std::string, DomainMetadata>& domains);

// Names, in `configuration`, for the columns that keep the ids of rows that are moved to new files,
// where it has none.
void AddRowTrackingColumns(std::map<std::string, std::string>& configuration);

DomainMetadata RowTrackingDomain(int64_t high_water_mark);

// numRecords of the statistics. kInvalidArgument naming the file if they do not say.

}  // namespace deltaport::delta
