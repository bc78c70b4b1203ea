// Reads classic and multi-part checkpoints: one action a row, one struct column an action.

#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "delta/action.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct CheckpointReaderOptions {
  bool removes = false;  // Tombstones; only a writer of checkpoints needs them.
};

// Calls `visit` for each action of one part, a batch of rows at a time. Statistics that are only in
// stats_parsed become text. kCorruptTable naming the file for damage and wrong column types.
Status ReadCheckpointPart(const storage::ObjectStore& store, const std::string& path,
                          const CheckpointReaderOptions& options,
                          const std::function<Status(Action&&)>& visit);

}  // namespace deltaport::delta
