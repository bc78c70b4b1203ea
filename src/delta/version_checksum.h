// The `.crc` file of a version: totals and table state that readers may check or take instead of
// replaying the log.
//
// Source of the format: PROTOCOL.md of delta-io/delta, "Version Checksum File".

#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// `transaction_id`: commitInfo.txnId of the version's commit.
std::string VersionChecksumJson(const Snapshot& snapshot,
                                const std::optional<std::string>& transaction_id);

// Writes the file unless there is one: it is never overwritten.
Status WriteVersionChecksum(const Snapshot& snapshot,
                            const std::optional<std::string>& transaction_id);

}  // namespace deltaport::delta
