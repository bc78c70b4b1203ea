// When versions were committed, and which version was current at an instant.

#pragma once

#include <vector>

#include "delta/action.h"
#include "delta/log_segment.h"

namespace deltaport::delta {

// Times of contiguous commits by their files' modification times, each later than the one before.
std::vector<int64_t> CommitFileTimes(const std::vector<CommitFile>& commits);

// Whether `delta.enableInCommitTimestamps` is on.
bool UsesInCommitTimestamps(const Metadata& metadata);

// The inCommitTimestamp that a commit file carries. kCorruptTable naming the file if it has none.
Result<int64_t> ReadInCommitTimestamp(const storage::ObjectStore& store, const CommitFile& commit);

// The newest version committed at or before `timestamp_ms`; `metadata` is of the latest version.
// kNotFound if the table's oldest version that is left is younger.
Result<TableVersion> FindVersionAt(const storage::Location& table, const Metadata& metadata,
                                   int64_t timestamp_ms);

}  // namespace deltaport::delta
