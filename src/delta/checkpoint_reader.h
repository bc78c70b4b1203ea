// Reads checkpoints of all forms: classic, in several parts, and of the feature v2Checkpoint (a
// main file in JSON or Parquet, and sidecars).
//
// Source of the format: PROTOCOL.md of delta-io/delta, "Checkpoints" and "V2 Spec".

#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/file_block.h"
#include "delta/log_segment.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct CheckpointReaderOptions {
  bool files = true;     // Added files; without them only the few other actions are read.
  bool removes = false;  // Tombstones, as actions; only a writer of checkpoints needs them.
};

struct CheckpointContents {
  // Rows of other actions are rows without a file here.
  std::vector<std::shared_ptr<const FileBlock>> blocks;
  std::vector<Action> actions;  // Protocol, metadata, transactions, domains; removes if asked for.
};

// The whole checkpoint, its files and columns in parallel. Statistics stay as they are: text or, if
// there is no text, columns. kCorruptTable naming the file for damage, columns of a wrong type, and
// a part or sidecar that is missing.
Result<CheckpointContents> ReadCheckpoint(const storage::Location& table,
                                          const CheckpointFiles& checkpoint,
                                          const CheckpointReaderOptions& options = {});

}  // namespace deltaport::delta
