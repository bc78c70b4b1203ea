// The snapshot of a commit for the writer that has just made it.

#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// The version that a commit on top of `base` (null: the first of a table) has made, from the
// commit's actions in file order, without reading the log again. kInternal if it does not follow on
// `base`.
Result<std::shared_ptr<const Snapshot>> SnapshotAfterCommit(const storage::Location& location,
                                                            const Snapshot* base,
                                                            TableVersion version,
                                                            std::vector<Action> actions);

}  // namespace deltaport::delta
