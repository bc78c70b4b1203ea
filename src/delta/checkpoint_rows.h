// The actions of a checkpoint that are few: everything but the added files.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "delta/action.h"

namespace deltaport::delta {

struct CheckpointRows {
  std::vector<Action> actions;        // Protocol, metadata, transactions, domains and removes.
  std::vector<std::string> sidecars;  // Their paths, percent-encoded.
  std::optional<int64_t> version;     // Of checkpointMetadata.
};

// Appends what the batch holds; columns that it lacks are passed over. kCorruptTable for a column
// of a wrong type and a missing required field.
Status ReadCheckpointRows(const arrow::RecordBatch& batch, CheckpointRows& rows);

}  // namespace deltaport::delta
