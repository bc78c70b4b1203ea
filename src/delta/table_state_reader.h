// Rebuilds the state of a version from the files of its log.

#pragma once

#include <optional>

#include "base/error.h"
#include "delta/log_replay.h"
#include "delta/log_segment.h"

namespace deltaport::delta {

// The state at the segment's version, from its checkpoint and the commits after it. A damaged
// checkpoint is left for an older complete one if there is one and no commit after it is missing
// (then `segment` is what was read, and the log says so); without one it is kCorruptTable naming
// the file. kNotFound for a file that was listed but is gone: who lists again may find others.
Result<TableState> ReadTableState(const storage::Location& table, LogSegment& segment);

// The state after `commits` (oldest first) on top of `base`.
Result<TableState> ExtendTableState(const storage::Location& table,
                                    const std::vector<CommitFile>& commits, const TableState& base);

// The latest metadata alone, as far as time travel needs it: where the latest commit has no
// inCommitTimestamp, an empty value, because then only the times of files count. Reads as little as
// it can: usually one commit and a checksum.
Result<Metadata> ReadTimeTravelMetadata(const storage::Location& table);

}  // namespace deltaport::delta
