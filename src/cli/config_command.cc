// deltaport config: check, print and example.

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/lake_selection.h"
#include "lake/configuration.h"

namespace deltaport::cli {
namespace {

Result<lake::Configuration> Load(const std::string& file) {
  lake::ConfigurationSources sources;
  if (!file.empty()) sources.file = file;
  sources.environment = lake::ProcessEnvironment();
  return lake::Configuration::Load(sources);
}

Status RunCheck(const std::string& file) {
  ARROW_ASSIGN_OR_RAISE(const auto configuration, Load(file));
  ReportWarnings(configuration);
  ARROW_RETURN_NOT_OK(configuration.CheckServing());
  const size_t datasets = configuration.datasets().size();
  std::printf("%s: ok, %zu %s, %zu %s\n",
              configuration.file().empty() ? "no file" : configuration.file().c_str(), datasets,
              datasets == 1 ? "dataset" : "datasets", configuration.warnings().size(),
              configuration.warnings().size() == 1 ? "warning" : "warnings");
  return Status::OK();
}

std::string ShownValue(const lake::EffectiveSetting& effective) {
  if (effective.setting->secret && !effective.is_default()) return "\"***\"";
  return FormatSettingValue(effective.value);
}

Status RunPrint(const std::string& file) {
  ARROW_ASSIGN_OR_RAISE(const auto configuration, Load(file));
  ReportWarnings(configuration);
  for (const lake::EffectiveSetting& effective : configuration.settings()) {
    std::printf("%s = %s  # %s\n", std::string(effective.setting->key).c_str(),
                ShownValue(effective).c_str(), effective.origin.c_str());
  }
  for (const lake::DatasetSettings& dataset : configuration.datasets()) {
    std::printf("\n[[dataset]]\nname = %s\nsource.kind = \"%s\"\nsource.location = %s\n",
                FormatSettingValue(dataset.name).c_str(),
                std::string(lake::DatasetKindName(dataset.kind)).c_str(),
                FormatSettingValue(dataset.location).c_str());
    if (!dataset.columns.empty()) {
      std::printf("columns = %s\n", FormatSettingValue(dataset.columns).c_str());
    }
  }
  return Status::OK();
}

void AddPart(CLI::App& command, const char* name, const char* description,
             Status (*run)(const std::string&), Action& action) {
  auto file = std::make_shared<std::string>();
  CLI::App* part = command.add_subcommand(name, description);
  part->add_option("--config,FILE", *file, "Configuration file (TOML); default: search for one");
  part->footer(fmt::format("Example:\n  deltaport config {} --config deltaport.toml\n", name));
  part->callback(
      [file, run, &action] { action = [file, run](const CancelToken&) { return run(*file); }; });
}

}  // namespace

void AddConfigCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("config", "Check, print or make a configuration file");
  command->require_subcommand(1);
  AddPart(*command, "check", "Check a file: every mistake with its line", RunCheck, action);
  AddPart(*command, "print", "Show each value in force and where it comes from", RunPrint, action);
  CLI::App* example = command->add_subcommand("example", "Print a file with every key explained");
  example->footer("Example:\n  deltaport config example > deltaport.toml\n");
  example->callback([&action] {
    action = [](const CancelToken&) {
      std::fputs(lake::ExampleConfiguration().c_str(), stdout);
      return Status::OK();
    };
  });
  command->footer("Example:\n  deltaport config check --config deltaport.toml\n");
}

}  // namespace deltaport::cli
