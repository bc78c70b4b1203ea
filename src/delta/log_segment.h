// Finds the commit and checkpoint files that make up one table version.
//
// Reads names, sizes and times of log files, and `_last_checkpoint` as a hint; never a commit.

#pragma once

#include <optional>
#include <vector>

#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::delta {

// One commit file.
struct CommitFile {
  TableVersion version = 0;
  storage::ObjectInfo file;
};

// The files that a reader must replay to rebuild `version`.
struct LogSegment {
  TableVersion version = 0;
  std::optional<TableVersion> checkpoint_version;
  std::vector<storage::ObjectInfo> checkpoint_parts;  // Empty if replay starts at version 0.
  std::vector<CommitFile> commits;                    // Oldest first, contiguous.
  // The commit file of `version`; absent if only its checkpoint is left.
  std::optional<CommitFile> last_commit;
};

// `at`: that version, or the latest. kNotFound if there is no log or no such version,
// kCorruptTable (naming the missing file) for a gap.
Result<LogSegment> FindLogSegment(const storage::Location& table, std::optional<TableVersion> at);

// The commits after `after`, oldest first and contiguous; empty if there are none.
// kCorruptTable if the first is not `after` + 1, or for a gap.
Result<std::vector<CommitFile>> ListCommitsAfter(const storage::Location& table,
                                                 TableVersion after);

// Every commit file that is left, oldest first; versions may start above 0, without a gap check.
Result<std::vector<CommitFile>> ListCommits(const storage::Location& table);

}  // namespace deltaport::delta
