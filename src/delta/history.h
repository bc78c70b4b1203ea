// What was done to a table, commit by commit.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct HistoryEntry {
  TableVersion version = 0;
  int64_t timestamp_ms = 0;  // When it was committed: by commitInfo, else by the file's time.
  // From commitInfo, which may be absent or hold anything.
  std::optional<std::string> operation;
  std::map<std::string, std::string> parameters;  // Values as JSON text.
  std::map<std::string, std::string> metrics;
  std::optional<std::string> engine;
  std::optional<std::string> user;
};

// The newest `limit` commits whose files are left, newest first; 0 for all. kNotFound if there is
// no log, kCorruptTable naming the file for a commit that cannot be read.
Result<std::vector<HistoryEntry>> ReadHistory(const storage::Location& location, size_t limit);

}  // namespace deltaport::delta
