// The actions of a Delta log, as values. Field names follow the protocol.
//
// Source of the format: PROTOCOL.md of delta-io/delta, "Actions". The JSON codec is action_json.h.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace deltaport::delta {

struct Protocol {
  int min_reader_version = 1;
  int min_writer_version = 2;
  // Present only at reader version 3 and writer version 7.
  std::optional<std::vector<std::string>> reader_features;
  std::optional<std::vector<std::string>> writer_features;
};

struct Metadata {
  std::string id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string format_provider = "parquet";
  std::map<std::string, std::string> format_options;
  std::string schema_string;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<int64_t> created_time_ms;
};

using PartitionValueMap = std::map<std::string, std::optional<std::string>>;

struct DeletionVectorDescriptor {
  std::string storage_type;  // "u", "i" or "p".
  std::string path_or_inline;
  std::optional<int32_t> offset;
  int32_t size_bytes = 0;
  int64_t cardinality = 0;
};

struct AddFile {
  std::string path;  // As in the log: percent-encoded, relative to the table root or absolute.
  PartitionValueMap partition_values;
  int64_t size_bytes = 0;
  int64_t modification_time_ms = 0;
  bool data_change = true;
  std::optional<std::string> stats;  // JSON text.
  std::map<std::string, std::string> tags;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::optional<std::string> clustering_provider;
};

// What few files have beyond their path, size and statistics.
struct FileExtras {
  std::map<std::string, std::string> tags;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::optional<std::string> clustering_provider;

  bool empty() const {
    return tags.empty() && !deletion_vector && !base_row_id && !default_row_commit_version &&
           !clustering_provider;
  }
};

using PartitionValueViews =
    std::vector<std::pair<std::string_view, std::optional<std::string_view>>>;

// An add action as views into text that somebody else keeps.
struct AddFileView {
  std::string_view path;
  std::span<const PartitionValueViews::value_type> partition_values;
  int64_t size_bytes = 0;
  int64_t modification_time_ms = 0;
  bool data_change = true;
  std::optional<std::string_view> stats;
  FileExtras extras;
};

struct RemoveFile {
  std::string path;
  bool data_change = true;
  std::optional<int64_t> deletion_timestamp_ms;
  bool extended_file_metadata = false;
  PartitionValueMap partition_values;
  std::optional<int64_t> size_bytes;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
};

// Rows that a commit inserted, updated or deleted, for readers of changes; the protocol's `cdc`.
// Not part of a table's state.
struct ChangeFile {
  std::string path;  // As in the log; below _change_data.
  PartitionValueMap partition_values;
  int64_t size_bytes = 0;
  std::map<std::string, std::string> tags;
};

struct SetTransaction {
  std::string application_id;
  int64_t version = 0;
  std::optional<int64_t> last_updated_ms;
};

struct DomainMetadata {
  std::string domain;
  std::string configuration;
  bool removed = false;
};

struct CommitInfo {
  std::optional<int64_t> timestamp_ms;
  std::optional<int64_t> in_commit_timestamp_ms;
  std::optional<std::string> operation;
  std::map<std::string, std::string> operation_parameters;  // Values as JSON text.
  std::map<std::string, std::string> operation_metrics;
  std::optional<int64_t> read_version;
  std::optional<bool> is_blind_append;
  std::optional<std::string> engine_info;
  std::optional<std::string> transaction_id;
  std::optional<std::string> user_name;
};

using Action = std::variant<Protocol, Metadata, AddFile, RemoveFile, ChangeFile, SetTransaction,
                            DomainMetadata, CommitInfo>;

}  // namespace deltaport::delta
