// Feeds any bytes to the scanner of statistics, as the text about the column "c". It may give up,
// but must not find what a whole parser does not.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "columnar/json_document.h"
#include "delta/statistics_scanner.h"

namespace {

using deltaport::columnar::JsonDocument;
using deltaport::columnar::JsonValue;
using deltaport::delta::StatisticsValue;

void RequireSame(const StatisticsValue& found, JsonValue parsed) {
  if (found.text != parsed.string() || found.number != parsed.number_text()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto entries = deltaport::delta::ScanStatistics(text, "c");
  const auto count = deltaport::delta::ScanRecordCount(text);
  if (entries.has_value() != count.has_value()) __builtin_trap();
  if (!entries) return 0;
  const auto document = JsonDocument::Parse(text);
  if (!document.ok()) __builtin_trap();
  const JsonValue root = document->root();
  RequireSame(entries->min_value, root["minValues"]["c"]);
  RequireSame(entries->max_value, root["maxValues"]["c"]);
  RequireSame(entries->null_count, root["nullCount"]["c"]);
  RequireSame(*count, root["numRecords"]);
  return 0;
}
