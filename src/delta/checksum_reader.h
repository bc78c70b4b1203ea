// Reads the `.crc` file of a version: what a writer knew about the table after its commit.
//
// Source of the format: PROTOCOL.md of delta-io/delta, "Version Checksum File".

#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "delta/action.h"
#include "delta/log_replay.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct VersionChecksum {
  int64_t table_size_bytes = 0;
  int64_t files = 0;
  Protocol protocol;
  Metadata metadata;
  std::optional<int64_t> in_commit_timestamp_ms;
};

// nullopt, and a warning in the log, for a file that is gone or no checksum: some writers do not
// write it in one go, and a reader can do without. Other errors of the store as they are.
Result<std::optional<VersionChecksum>> ReadChecksum(const storage::ObjectStore& store,
                                                    const std::string& path);

// kCorruptTable naming `path` if the replayed state is not the one that the checksum describes.
Status CheckState(const VersionChecksum& checksum, const TableState& state,
                  const std::string& path);

}  // namespace deltaport::delta
