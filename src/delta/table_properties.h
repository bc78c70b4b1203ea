// The properties of a table (`metaData.configuration`) as typed, checked values.
//
// Source of names, defaults and forms: PROTOCOL.md, "Table Properties", and DeltaConfig of
// delta-io/delta for those that the protocol leaves to engines.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/action.h"

namespace deltaport::delta {

// How a commit's reads are set against what others committed meanwhile. See conflict.h.
enum class IsolationLevel { kSerializable, kWriteSerializable, kSnapshot };

enum class ColumnMappingMode { kNone, kName, kId };

enum class CheckpointPolicy { kClassic, kV2 };

enum class Compression { kZstd, kSnappy, kGzip, kLz4, kUncompressed };

struct TableProperties {
  // kInvalidArgument naming the property and what it may be. Properties that we do not know are
  // passed over: another engine may have set them.
  static Result<TableProperties> Of(const Metadata& metadata);

  bool append_only = false;
  bool deletion_vectors_enabled = false;
  bool change_data_feed = false;
  bool row_tracking = false;
  bool row_tracking_suspended = false;  // Row ids are not assigned although the feature is listed.
  bool in_commit_timestamps = false;
  bool type_widening = false;
  ColumnMappingMode column_mapping_mode = ColumnMappingMode::kNone;
  int64_t column_mapping_max_id = 0;
  IsolationLevel isolation_level = IsolationLevel::kWriteSerializable;

  int64_t checkpoint_interval = 10;  // Commits from one checkpoint to the next.
  CheckpointPolicy checkpoint_policy = CheckpointPolicy::kClassic;
  bool write_stats_as_json = true;
  bool write_stats_as_struct = true;
  bool expired_log_cleanup = true;
  int64_t log_retention_ms = int64_t{30} * 24 * 3'600'000;
  int64_t deleted_file_retention_ms = int64_t{7} * 24 * 3'600'000;
  std::optional<int64_t> transaction_retention_ms;  // Of `txn` actions; absent: for ever.

  int indexed_columns = 32;  // Leading leaf columns with statistics; negative for all.
  // Columns with statistics, instead: dotted paths of logical names.
  std::optional<std::vector<std::string>> statistics_columns;
  std::optional<Compression> compression;
  std::optional<int64_t> target_file_bytes;
  std::optional<std::string> row_id_column;  // Materialised; name inside the data files.
  std::optional<std::string> row_commit_version_column;
};

// For properties that a user sets: kInvalidArgument for a value that is wrong, for one of the
// `delta.` names that nobody knows, and for what only a writer may set.
Status CheckProperties(const std::map<std::string, std::string>& configuration);

// Milliseconds of an interval such as "interval 30 days" or "7 days 12 hours". kInvalidArgument for
// anything else, months and years among it, because they have no fixed length.
Result<int64_t> ParseInterval(std::string_view text);

// "SNAPPY" and the like, upper or lower case; nullopt for an unknown one.
std::optional<Compression> ParseCompression(std::string_view text);

// The part of file names: "zstd".
std::string_view CompressionName(Compression compression);

}  // namespace deltaport::delta
