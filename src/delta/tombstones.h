// Removed files that the log still tells about: what a checkpoint, a vacuum and a restore need
// beyond a snapshot.

#pragma once

#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// The tombstones of that version: per file (path and deletion vector) the newest remove that no
// newer add revokes, newest first. Retention is the caller's: `deletion_timestamp_ms` is what it
// compares. Reads the whole log segment of the version; errors are those of Snapshot::Open.
Result<std::vector<RemoveFile>> ReadTombstones(const storage::Location& table,
                                               TableVersion version);

}  // namespace deltaport::delta
