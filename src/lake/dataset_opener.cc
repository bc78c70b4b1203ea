#include "lake/dataset_opener.h"

#include <algorithm>
#include <utility>

namespace deltaport::lake {
namespace {

// The part of a glob before the first folder that holds a wildcard.
std::string FixedFolder(const std::string& pattern) {
  const size_t wildcard = pattern.find_first_of("*?[{");
  if (wildcard == std::string::npos) return pattern;
  const size_t slash = pattern.rfind('/', wildcard);
  return slash == std::string::npos ? std::string() : pattern.substr(0, slash);
}

// Everything whose change could change the files that a pattern names.
Result<std::vector<storage::ObjectInfo>> ListFor(const storage::Location& location) {
  const std::string folder = FixedFolder(location.path);
  if (folder != location.path) return location.store->ListRecursive(folder);
  if (auto head = location.store->Head(location.path); head.ok()) {
    return std::vector<storage::ObjectInfo>{*head};
  }
  return location.store->List(location.path);
}

bool SameListing(const std::vector<storage::ObjectInfo>& a,
                 const std::vector<storage::ObjectInfo>& b) {
  return std::ranges::equal(a, b, [](const auto& left, const auto& right) {
    return left.path == right.path && left.size_bytes == right.size_bytes &&
           left.modified_ms == right.modified_ms;
  });
}

std::shared_ptr<const DatasetGeneration> MakeGeneration(
    std::shared_ptr<const engine::TableSource> table, std::optional<int64_t> row_count) {
  auto generation = std::make_shared<DatasetGeneration>();
  generation->table = std::move(table);
  generation->row_count = row_count;
  generation->refreshed_at = std::chrono::system_clock::now();
  return generation;
}

Result<int> FindColumn(const arrow::Schema& schema, const std::string& name,
                       const std::string& dataset) {
  const int column = schema.GetFieldIndex(name);
  if (column < 0) {
    return Error(ErrorCode::kInvalidArgument,
                 "dataset '{}' is set to show or hide the column '{}', which its table does not "
                 "have; correct its entry in the configuration",
                 dataset, name);
  }
  return column;
}

}  // namespace

Result<std::shared_ptr<const engine::TableSource>> ShowColumns(engine::TableSource table,
                                                               const DatasetSettings& settings) {
  if (settings.columns.empty() && settings.hidden_columns.empty()) {
    return std::make_shared<const engine::TableSource>(std::move(table));
  }
  const auto schema = table.schema();
  std::vector<bool> hidden(static_cast<size_t>(schema->num_fields()), false);
  for (const std::string& name : settings.hidden_columns) {
    ARROW_ASSIGN_OR_RAISE(const int column, FindColumn(*schema, name, settings.name));
    hidden[static_cast<size_t>(column)] = true;
  }
  std::vector<int> shown;
  if (settings.columns.empty()) {
    for (int column = 0; column < schema->num_fields(); ++column) shown.push_back(column);
  }
  for (const std::string& name : settings.columns) {
    ARROW_ASSIGN_OR_RAISE(const int column, FindColumn(*schema, name, settings.name));
    shown.push_back(column);
  }
  arrow::FieldVector fields;
  for (const int column : shown) {
    if (!hidden[static_cast<size_t>(column)]) fields.push_back(schema->field(column));
  }
  if (fields.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "dataset '{}' hides all of its columns; correct its entry in the configuration",
                 settings.name);
  }
  table.visible_schema = arrow::schema(std::move(fields), schema->metadata());
  return std::make_shared<const engine::TableSource>(std::move(table));
}

Result<bool> HasDeltaLog(const storage::Location& location) {
  if (location.store->Head(location.path).ok()) return false;  // A file.
  ARROW_ASSIGN_OR_RAISE(const auto log, location.store->List(location.path + "/_delta_log"));
  return !log.empty();
}

Result<std::shared_ptr<const engine::TableSource>> OpenTable(std::string_view location_text,
                                                             const delta::TimeTravel& at) {
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(location_text));
  ARROW_ASSIGN_OR_RAISE(const bool is_delta, HasDeltaLog(location));
  auto table = std::make_shared<engine::TableSource>();
  table->name = location.path.substr(location.path.rfind('/') + 1);
  if (is_delta) {
    ARROW_ASSIGN_OR_RAISE(table->files, delta::Snapshot::Open(location, at));
    return table;
  }
  if (!std::holds_alternative<delta::LatestVersion>(at)) {
    return Error(ErrorCode::kInvalidArgument,
                 "{} is not a Delta table and has no versions; leave the version out",
                 location_text);
  }
  auto files = engine::OpenParquetFiles(location);
  if (!files.ok() && CodeOf(files.status()) == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound,
                 "there is no table at {}: neither a Delta log (_delta_log) nor Parquet files",
                 location_text);
  }
  ARROW_ASSIGN_OR_RAISE(table->files, std::move(files));
  return table;
}

Result<std::shared_ptr<const DatasetGeneration>> DatasetOpener::Publish(
    std::shared_ptr<const delta::Snapshot> snapshot) const {
  const auto row_count = snapshot->RowCount();
  engine::TableSource table;
  table.name = settings_.name;
  table.files = std::move(snapshot);
  ARROW_ASSIGN_OR_RAISE(auto shown, ShowColumns(std::move(table), settings_));
  return MakeGeneration(std::move(shown), row_count);
}

Result<std::shared_ptr<const DatasetGeneration>> DatasetOpener::Publish(
    engine::ParquetFiles files) const {
  const auto row_count = files.row_count;
  engine::TableSource table;
  table.name = settings_.name;
  table.files = std::move(files);
  ARROW_ASSIGN_OR_RAISE(auto shown, ShowColumns(std::move(table), settings_));
  return MakeGeneration(std::move(shown), row_count);
}

Result<std::shared_ptr<const DatasetGeneration>> DatasetOpener::Open() {
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(settings_.location));
  if (settings_.kind == DatasetKind::kDelta) {
    ARROW_ASSIGN_OR_RAISE(auto snapshot, delta::Snapshot::Open(location));
    return Publish(std::move(snapshot));
  }
  // Listed first: a file that appears in between shows as a change at the next look.
  ARROW_ASSIGN_OR_RAISE(auto listing, ListFor(location));
  ARROW_ASSIGN_OR_RAISE(auto files, engine::OpenParquetFiles(location));
  ARROW_ASSIGN_OR_RAISE(auto generation, Publish(std::move(files)));
  listing_ = std::move(listing);
  return generation;
}

Result<std::shared_ptr<const DatasetGeneration>> DatasetOpener::Follow(
    const std::shared_ptr<const DatasetGeneration>& generation) {
  if (const auto* snapshot =
          std::get_if<std::shared_ptr<const delta::Snapshot>>(&generation->table->files)) {
    auto newer = (*snapshot)->Refresh();
    // A table that was deleted and made anew has another log: read it from the start.
    if (!newer.ok()) return Open();
    if (*newer == *snapshot) return generation;
    return Publish(*std::move(newer));
  }
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(settings_.location));
  ARROW_ASSIGN_OR_RAISE(const auto listing, ListFor(location));
  if (SameListing(listing, listing_)) return generation;
  return Open();
}

}  // namespace deltaport::lake
