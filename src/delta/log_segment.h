// Finds the commit and checkpoint files that make up one table version.
//
// Reads names, sizes and times of log files, and `_last_checkpoint` as a hint; never a commit.

#pragma once

#include <optional>
#include <vector>

#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::delta {

// One commit file, or one of compacted commits that stands in for some that are missing.
struct CommitFile {
  TableVersion version = 0;  // The last one of compacted commits.
  storage::ObjectInfo file;
  std::optional<TableVersion> compacted_from;  // Their first version.
};

// One complete checkpoint.
struct CheckpointFiles {
  TableVersion version = 0;
  // A single file, which may have sidecars, or all parts of one in several parts.
  std::vector<storage::ObjectInfo> parts;
};

// The files that a reader must replay to rebuild `version`.
struct LogSegment {
  TableVersion version = 0;
  std::optional<CheckpointFiles> checkpoint;  // Absent if replay starts at version 0.
  // After the checkpoint, oldest first, without a gap. Compacted commits are here only for versions
  // whose own files are missing: some writers' compactions contradict the commits.
  std::vector<CommitFile> commits;
  // The commit file of `version`; absent if only its checkpoint is left.
  std::optional<CommitFile> last_commit;
  std::optional<storage::ObjectInfo> checksum;  // Of `version`.
};

// `at`: that version, or the latest. `damaged`: paths of checkpoint files that must not be used.
// kNotFound if there is no log, no such version or none any more; kCorruptTable (naming the missing
// file) for a gap.
Result<LogSegment> FindLogSegment(const storage::Location& table, std::optional<TableVersion> at,
                                  const std::vector<std::string>& damaged = {});

// What came after a version.
struct NewCommits {
  std::vector<CommitFile> commits;  // Oldest first and contiguous; empty if there are none.
  std::optional<storage::ObjectInfo> checksum;  // Of the last one.
};

// kCorruptTable if the first is not `after` + 1, or for a gap.
Result<NewCommits> ListNewCommits(const storage::Location& table, TableVersion after);

// The same commits only.
Result<std::vector<CommitFile>> ListCommitsAfter(const storage::Location& table,
                                                 TableVersion after);

// Every commit file that is left, oldest first; versions may start above 0, without a gap check.
Result<std::vector<CommitFile>> ListCommits(const storage::Location& table);

}  // namespace deltaport::delta
