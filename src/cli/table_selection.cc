#include "cli/table_selection.h"

#include <CLI/CLI.hpp>
#include <arrow/util/value_parsing.h>

#include "cli/number_check.h"
#include "lake/dataset_opener.h"

namespace deltaport::cli {

void TableSelection::AddTo(CLI::App& command) {
  command.add_option("TABLE", path, "Folder of a Delta table, or Parquet file, folder or glob")
      ->required();
  command.add_option("--version", version, "Version of the Delta table; default: the latest")
      ->check(NotNegative());
  command.add_option("--timestamp", timestamp,
                     "The version that was the latest at this time (ISO 8601, UTC)");
}

Result<int64_t> ParseTimestampMs(const std::string& text) {
  int64_t milliseconds = 0;
  bool has_zone = false;
  // Arrow wants the offset in the form "+01:00" or "Z" and accepts a blank for the T.
  if (!arrow::internal::ParseTimestampISO8601(text.data(), text.size(), arrow::TimeUnit::MILLI,
                                              &milliseconds, &has_zone)) {
    return Error(ErrorCode::kInvalidArgument,
                 "--timestamp is '{}', allowed is a time such as 2024-01-31T12:00:00Z", text);
  }
  return milliseconds;
}

Result<delta::TimeTravel> TableSelection::At() const {
  if (version && !timestamp.empty()) {
    return Error(ErrorCode::kInvalidArgument, "give either --version or --timestamp, not both");
  }
  if (version) return delta::AtVersion{*version};
  if (timestamp.empty()) return delta::LatestVersion{};
  ARROW_ASSIGN_OR_RAISE(const int64_t timestamp_ms, ParseTimestampMs(timestamp));
  return delta::AtTimestamp{timestamp_ms};
}

Result<std::shared_ptr<const engine::TableSource>> TableSelection::Open() const {
  ARROW_ASSIGN_OR_RAISE(const auto at, At());
  return lake::OpenTable(path, at);
}

}  // namespace deltaport::cli
