#include "lake/dataset.h"

namespace deltaport::lake {

std::string_view DatasetKindName(DatasetKind kind) {
  return kind == DatasetKind::kDelta ? "delta" : "parquet";
}

std::string_view DatasetStateName(DatasetState state) {
  switch (state) {
    case DatasetState::kPending:
      return "pending";
    case DatasetState::kBuilding:
      return "building";
    case DatasetState::kPublished:
      return "published";
    case DatasetState::kFailed:
      return "failed";
  }
  return "failed";
}

std::string_view RefreshSourceName(RefreshSource source) {
  switch (source) {
    case RefreshSource::kStartup:
      return "startup";
    case RefreshSource::kManual:
      return "manual";
    case RefreshSource::kSchedule:
      return "schedule";
    case RefreshSource::kCascade:
      return "cascade";
  }
  return "manual";
}

}  // namespace deltaport::lake
