// Which table, and which of its versions, a command reads.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "engine/table_source.h"

namespace CLI {
class App;
}

namespace deltaport::cli {

struct TableSelection {
  std::string path;
  std::optional<int64_t> version;
  std::string timestamp;

  // Adds the path, --version and --timestamp to `command`.
  void AddTo(CLI::App& command);

  // kInvalidArgument if both a version and a time are given, or the time cannot be read.
  Result<delta::TimeTravel> At() const;

  // A Delta table or Parquet files, without any configuration.
  Result<std::shared_ptr<const engine::TableSource>> Open() const;
};

// ISO 8601 ("2024-01-31", "2024-01-31T12:00:00Z", "2024-01-31 12:00:00.5+01:00") in milliseconds
// since the Unix epoch; UTC if there is no zone.
Result<int64_t> ParseTimestampMs(const std::string& text);

}  // namespace deltaport::cli
