#include "cli/lake_selection.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "lake/dataset_opener.h"

namespace deltaport::cli {
namespace {

Result<lake::DatasetSettings> DatasetOfTable(const std::string& text) {
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(text));
  ARROW_ASSIGN_OR_RAISE(const bool is_delta, lake::HasDeltaLog(location));
  lake::DatasetSettings dataset;
  dataset.location = text;
  dataset.kind = is_delta ? lake::DatasetKind::kDelta : lake::DatasetKind::kParquet;
  const std::string file_name = location.path.substr(location.path.rfind('/') + 1);
  dataset.name = file_name.substr(0, file_name.find('.'));
  if (dataset.name.empty() || dataset.name.find_first_of("*?[") != std::string::npos) {
    dataset.name = "data";
  }
  return dataset;
}

}  // namespace

void ReportWarnings(const lake::Configuration& configuration) {
  for (const std::string& warning : configuration.warnings()) {
    std::fprintf(stderr, "deltaport: warning: %s\n", warning.c_str());
  }
}

void LakeSelection::AddTo(CLI::App& command) {
  command.add_option("--config", config_file, "Configuration file (TOML)");
  command.add_option("--lake", directories, "Folder whose tables become datasets; repeatable");
  command.add_option("--table", tables, "One table, named after its folder or file; repeatable");
}

Result<std::unique_ptr<lake::Lake>> LakeSelection::Open(const CancelToken& token) const {
  lake::ConfigurationSources sources;
  if (!config_file.empty()) sources.file = config_file;
  sources.search_for_file = directories.empty() && tables.empty();
  sources.environment = lake::ProcessEnvironment();
  ARROW_ASSIGN_OR_RAISE(const auto configuration, lake::Configuration::Load(sources));
  ReportWarnings(configuration);
  ARROW_ASSIGN_OR_RAISE(auto options, configuration.ToLakeOptions(directories));
  for (const std::string& table : tables) {
    ARROW_ASSIGN_OR_RAISE(auto dataset, DatasetOfTable(table));
    options.datasets.push_back(std::move(dataset));
  }
  if (options.datasets.empty() && directories.empty() && configuration.file().empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "no lake was named; give --lake FOLDER, --table PATH or --config FILE");
  }
  options.follow_interval = std::chrono::milliseconds(0);
  ARROW_ASSIGN_OR_RAISE(auto lake, lake::Lake::Open(std::move(options)));
  ARROW_RETURN_NOT_OK(lake->WaitUntilBuilt(token));
  const auto catalogue = lake->Current();
  for (const auto& [name, dataset] : catalogue->datasets()) {
    if (dataset->last_error.empty()) continue;
    std::fprintf(stderr, "deltaport: warning: dataset '%s' cannot be read: %s\n", name.c_str(),
                 dataset->last_error.c_str());
  }
  return lake;
}

}  // namespace deltaport::cli
