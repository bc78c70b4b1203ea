// Reads and parses commit files, several at a time.

#pragma once

#include <vector>

#include "base/error.h"
#include "delta/commit_batch.h"
#include "delta/log_segment.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct CommitReaderOptions {
  bool removes = false;  // As actions; only who looks for tombstones needs them.
};

// The commits as batches, oldest first. A file is read by one thread; the lines of a large one are
// parsed by several. kCorruptTable naming the file for one that is damaged, kNotFound
// for one that is gone.
Result<std::vector<CommitBatch>> ReadCommits(const storage::ObjectStore& store,
                                             const std::vector<CommitFile>& commits,
                                             const CommitReaderOptions& options = {});

}  // namespace deltaport::delta
