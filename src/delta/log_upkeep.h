// What follows a commit: the version's checksum file and, at the intervals that the table sets, a
// checkpoint and the deletion of log files that are older than the table keeps.
//
// Table properties: delta.checkpointInterval (10 commits: the default of Spark; a reader of the
// latest version then never replays more than 9 commits), delta.checkpointPolicy,
// delta.checkpoint.writeStatsAsJson, delta.checkpoint.writeStatsAsStruct,
// delta.deletedFileRetentionDuration (7 days), delta.setTransactionRetentionDuration (for ever),
// delta.logRetentionDuration (30 days), delta.enableExpiredLogCleanup (true).

#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "delta/checkpoint_writer.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// A commit that has succeeded.
struct CommitFacts {
  storage::Location table;
  std::shared_ptr<const Snapshot> before;  // What it was made on; null for a new table.
  TableVersion version = 0;
  std::string_view lines;  // The commit file.
};

// Does what is due. A failure is logged and changes nothing about the commit. Returns the table as
// it was seen then: at the commit's version, or later if other commits came between; null if it
// could not be read.
std::shared_ptr<const Snapshot> AfterCommit(const CommitFacts& facts);

// Writes a checkpoint of that version as the table's properties ask. kUnsupportedFeature naming the
// feature if the table needs a writer feature that we do not keep.
Result<CheckpointOutcome> WriteCheckpoint(const Snapshot& snapshot);

}  // namespace deltaport::delta
