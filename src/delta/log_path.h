// Names of the files in `_delta_log`.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "delta/snapshot.h"

namespace deltaport::delta {

enum class LogFileKind {
  kCommit,               // 00000000000000000007.json
  kCheckpoint,           // 00000000000000000007.checkpoint.parquet
  kMultiPartCheckpoint,  // 00000000000000000007.checkpoint.0000000001.0000000003.parquet
  kUuidCheckpoint,       // 00000000000000000007.checkpoint.UUID.parquet (or .json)
  kCompactedCommits,     // 00000000000000000004.00000000000000000007.compacted.json
  kChecksum,             // 00000000000000000007.crc
  kOther,                // Whatever a reader must pass over.
};

struct LogFileName {
  LogFileKind kind = LogFileKind::kOther;
  TableVersion version = -1;        // The last one of compacted commits.
  TableVersion first_version = -1;  // Of compacted commits.
  int32_t part = 0;                 // From 1; of multi-part checkpoints.
  int32_t parts = 0;
};

// Parses the last component of a path.
LogFileName ParseLogFileName(std::string_view name);

// The last component.
std::string_view FileNameOf(const storage::ObjectInfo& file);

// "00000000000000000007", the start of every name of that version.
std::string VersionPrefix(TableVersion version);

// Paths below the table root `table_path`.
std::string LogDirectory(std::string_view table_path);
std::string CommitPath(std::string_view table_path, TableVersion version);
std::string CheckpointPath(std::string_view table_path, TableVersion version);
std::string LastCheckpointPath(std::string_view table_path);
std::string ChecksumPath(std::string_view table_path, TableVersion version);
std::string UuidCheckpointPath(std::string_view table_path, TableVersion version,
                               std::string_view uuid);
std::string SidecarDirectory(std::string_view table_path);
std::string SidecarPath(std::string_view table_path, std::string_view name);

}  // namespace deltaport::delta
