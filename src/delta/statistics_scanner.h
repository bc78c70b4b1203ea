// Finds what statistics text says about one column, without a tree of the whole text: planning over
// many files reads a few values of each.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace deltaport::delta {

// A value in JSON text, as far as statistics go.
struct StatisticsValue {
  std::optional<std::string_view> text;    // Of a string.
  std::optional<std::string_view> number;  // As it is written.
};

struct ColumnEntries {
  StatisticsValue min_value;   // minValues.COLUMN
  StatisticsValue max_value;   // maxValues.COLUMN
  StatisticsValue null_count;  // nullCount.COLUMN
};

// The entries of `column`, as views of `text`; of members with one name the first counts. nullopt
// where only a whole parser can say: for text that is not valid JSON, that has escapes or
// characters outside ASCII, or is nested deep.
std::optional<ColumnEntries> ScanStatistics(std::string_view text, std::string_view column);

// numRecords, in the same way.
std::optional<StatisticsValue> ScanRecordCount(std::string_view text);

// nullopt for what is no number, and for a fraction, an exponent and overflow.
std::optional<int64_t> IntegerIn(const StatisticsValue& value);

}  // namespace deltaport::delta
