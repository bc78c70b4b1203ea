#include "lake/table_versions.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/letter_case.h"
#include "lake/dataset_opener.h"

namespace deltaport::lake {
namespace {

// What `at` stands for in the cache, or "" if the answer may change with the next commit.
std::string CacheKey(const std::string& name, const delta::Snapshot& latest,
                     const delta::TimeTravel& at) {
  const std::string uri = latest.location().ToUri();
  if (const auto* version = std::get_if<delta::AtVersion>(&at)) {
    return fmt::format("{}\n{}\nversion {}", name, uri, version->version);
  }
  const auto timestamp_ms = std::get<delta::AtTimestamp>(at).timestamp_ms;
  if (timestamp_ms >= latest.timestamp_ms()) return {};
  return fmt::format("{}\n{}\ntimestamp {}", name, uri, timestamp_ms);
}

}  // namespace

Status NotReady(const Dataset& dataset) {
  return Error(ErrorCode::kUnavailable, "dataset '{}' is not ready (state: {})",
               dataset.settings.name, DatasetStateName(dataset.state));
}

Result<std::shared_ptr<const engine::TableSource>> TableVersionCache::Open(
    const Dataset& dataset, const delta::TimeTravel& at) {
  const auto& current = dataset.generation->table;
  if (std::holds_alternative<delta::LatestVersion>(at)) return current;
  const auto* latest = std::get_if<std::shared_ptr<const delta::Snapshot>>(&current->files);
  if (!latest) {
    return Error(ErrorCode::kInvalidArgument,
                 "dataset '{}' consists of Parquet files and has no versions; leave AT out",
                 dataset.settings.name);
  }
  if (const auto* version = std::get_if<delta::AtVersion>(&at);
      version && version->version == (*latest)->version()) {
    return current;
  }
  const std::string key = CacheKey(dataset.settings.name, **latest, at);
  if (!key.empty()) {
    if (auto kept = kept_.Find(key)) return kept;
  }
  ARROW_ASSIGN_OR_RAISE(auto snapshot, delta::Snapshot::Open((*latest)->location(), at));
  engine::TableSource table;
  table.name = dataset.settings.name;
  table.files = std::move(snapshot);
  ARROW_ASSIGN_OR_RAISE(auto shown, ShowColumns(std::move(table), dataset.settings));
  if (!key.empty()) kept_.Keep(key, shown, 1);
  return shown;
}

Result<std::shared_ptr<const engine::TableSource>> CatalogueTables::Resolve(
    std::string_view name, const delta::TimeTravel& at) const {
  auto dataset = catalogue_->Find(name);
  if (!dataset) {
    const auto& datasets = catalogue_->datasets();
    const auto it = std::ranges::find_if(
        datasets, [&](const auto& entry) { return EqualsIgnoringCase(entry.first, name); });
    if (it == datasets.end()) {
      return Error(ErrorCode::kNotFound, "there is no dataset called '{}'", name);
    }
    dataset = it->second;
  }
  if (!dataset->generation) {
    if (dataset->state != DatasetState::kFailed) return NotReady(*dataset);
    return Error(ErrorCode::kUnavailable, "dataset '{}' could not be opened: {}",
                 dataset->settings.name, dataset->last_error);
  }
  return versions_->Open(*dataset, at);
}

std::vector<std::string> CatalogueTables::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, dataset] : catalogue_->datasets()) {
    if (dataset->generation) names.push_back(name);
  }
  return names;
}

}  // namespace deltaport::lake
