// Removes files below a table's root that no version within the retention time needs.
//
// What stays: everything that the latest version or a tombstone younger than the retention names,
// data files and deletion vectors alike; every file that is younger than the retention; whatever
// lies behind a link, below a hidden folder (its name starts with '_' or '.' and is neither
// _change_data nor a partition's), or in a table of its own below this one. Files that the log
// names by an absolute path are never touched.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "storage/object_store.h"

namespace deltaport::lake {

enum class VacuumMode {
  kFull,  // Lists the table's folder.
  kLite,  // Looks only at files that the commits still left tell to be removed.
};

struct VacuumOptions {
  VacuumMode mode = VacuumMode::kFull;
  // Nullopt: the table's delta.deletedFileRetentionDuration (7 days if it has none).
  std::optional<int64_t> retention_ms;
  // Allows a retention shorter than the table's. Readers of older versions, and writers that are at
  // work, then lose their files.
  bool force = false;
  bool dry_run = false;  // Removes and commits nothing.
  // Commits "VACUUM START" and "VACUUM END" around the removal.
  bool record_in_log = true;
  // Told of files as they are looked at; may be empty.
  std::function<void(int64_t files)> on_files;
};

struct VacuumOutcome {
  int64_t removed_files = 0;  // In a dry run: that would be removed.
  int64_t removed_bytes = 0;
  int64_t examined_files = 0;
  int64_t retention_ms = 0;  // That was kept to.
  // The first kVacuumFilesShownMax of them.
  std::vector<storage::ObjectInfo> files;
};

inline constexpr size_t kVacuumFilesShownMax = 10'000;

// kUnsupportedFeature if the table needs a writer feature that we lack (that comes first: such a
// feature may name files in ways that we do not see), kInvalidArgument for a retention that is
// negative or, without `force`, shorter than the table's. Files that are gone when an error or a
// cancellation ends the work stay gone; calling again does the rest.
Result<VacuumOutcome> Vacuum(const storage::Location& table, const VacuumOptions& options,
                             const CancelToken& token);

}  // namespace deltaport::lake
