// Writes the checkpoint of a snapshot, and the hint that leads readers to it.

#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

struct CheckpointOptions {
  bool v2 = false;                 // Files in sidecars, main file with a UUID in its name.
  bool statistics_json = true;     // add.stats
  bool statistics_struct = false;  // add.stats_parsed and add.partitionValues_parsed
  int statistics_columns = 32;     // Leading leaf columns in stats_parsed; negative for all.
  // Tombstones of files that were removed at or before this moment are left out.
  int64_t tombstones_after_ms = 0;
  // Applications that wrote last at or before this moment are left out.
  std::optional<int64_t> transactions_after_ms;
};

struct CheckpointOutcome {
  TableVersion version = 0;
  int64_t actions = 0;  // In all files of the checkpoint.
  int64_t add_files = 0;
  int64_t size_bytes = 0;
  int64_t sidecars = 0;
};

// Writes a checkpoint of that version and then `_last_checkpoint`, unless that one names a newer
// version. A checkpoint of the same name is replaced. Memory is bounded: rows are written as they
// are made, 64 MiB at most at a time.
Result<CheckpointOutcome> WriteCheckpointFiles(const Snapshot& snapshot,
                                               const CheckpointOptions& options);

}  // namespace deltaport::delta
