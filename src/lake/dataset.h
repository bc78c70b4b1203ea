// A named table of the lake as its users see it: settings, one published generation, status.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/table_source.h"

namespace deltaport::lake {

enum class DatasetKind { kParquet, kDelta };
enum class DatasetState { kPending, kBuilding, kPublished, kFailed };
enum class RefreshSource { kStartup, kManual, kSchedule, kCascade };

std::string_view DatasetKindName(DatasetKind kind);        // "parquet", "delta"
std::string_view DatasetStateName(DatasetState state);     // "pending", "building", …
std::string_view RefreshSourceName(RefreshSource source);  // "startup", "manual", …

struct DatasetSettings {
  std::string name;      // [A-Za-z0-9_.-]+, not "reload-all".
  std::string location;  // Path, glob or URI.
  DatasetKind kind = DatasetKind::kParquet;
  std::string description;
  std::vector<std::string> columns;            // Visible, in this order; empty: all.
  std::vector<std::string> hidden_columns;     // Invisible everywhere.
  std::vector<std::string> predicate_include;  // Columns that predicates may name; empty: all.
  std::vector<std::string> predicate_exclude;  // Columns that predicates may not name.
  bool lazy = false;
};

// Immutable; replaced as a whole when the dataset is refreshed.
struct DatasetGeneration {
  std::shared_ptr<const engine::TableSource> table;
  std::optional<int64_t> row_count;
  std::chrono::system_clock::time_point refreshed_at;
};

// Immutable view of one dataset at one moment.
struct Dataset {
  DatasetSettings settings;
  DatasetState state = DatasetState::kPending;
  std::shared_ptr<const DatasetGeneration> generation;  // Null before the first publish.
  std::optional<RefreshSource> refresh_source;
  std::chrono::milliseconds last_refresh_duration{0};
  std::string last_error;  // Of the last refresh; empty when it succeeded.
  int consecutive_failures = 0;
};

}  // namespace deltaport::lake
