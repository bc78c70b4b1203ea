// Deletes the part of a log that is older than the table keeps.
//
// Source of the rules: PROTOCOL.md of delta-io/delta, "Metadata Cleanup".

#pragma once

#include <cstdint>

#include "base/error.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

struct LogCleanupOutcome {
  int64_t deleted_files = 0;  // Of the log itself: commits, checkpoints, checksums, compactions.
  int64_t deleted_sidecars = 0;
};

// Deletes what readers of versions at or after the cut-off do not need. The cut-off is the start of
// the (UTC) day of `now_ms` - `retention_ms`; the newest checkpoint of a version that is older than
// it stays, with its commit and everything newer. Without such a checkpoint nothing is deleted.
// Then sidecars that no checkpoint names and that are older than a day go. Files of unknown kinds
// stay. Safe to run concurrently, also in several processes.
Result<LogCleanupOutcome> CleanLog(const storage::Location& table, int64_t retention_ms,
                                   int64_t now_ms);

}  // namespace deltaport::delta
