#include "lake/configuration.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <filesystem>
#include <set>
#include <utility>

#include <arpa/inet.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "base/config_file.h"
#include "lake/server_settings.h"

namespace deltaport::lake {
namespace {

constexpr std::array<std::string_view, 1> kDatasetKey = {"dataset"};

// Whether the value asks for nothing: false, 0, "" or [].
bool AsksForNothing(const SettingValue& value) {
  return std::visit(
      [](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, bool> || std::is_same_v<Content, int64_t>) {
          return content == 0;
        } else {
          return content.empty();
        }
      },
      value);
}

bool NeedsWarning(const Setting& setting, const SettingValue& value) {
  return !setting.supported && !AsksForNothing(value) && value != setting.default_value;
}

bool IsLoopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return address == "localhost" || address == "::1";
}

bool IsDatasetName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "reload-all" && name != "." &&
         name != ".." && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

// One [[dataset]] entry.
struct DatasetEntry {
  std::map<std::string_view, FoundSetting> found;  // By key.
  int line = 0;

  std::string Text(std::string_view key) const {
    const auto it = found.find(key);
    return it == found.end() ? std::string() : std::get<std::string>(it->second.value);
  }
  std::vector<std::string> Strings(std::string_view key) const {
    const auto it = found.find(key);
    return it == found.end() ? std::vector<std::string>()
                             : std::get<std::vector<std::string>>(it->second.value);
  }
  int LineOf(std::string_view key) const {
    const auto it = found.find(key);
    return it == found.end() ? line : it->second.line;
  }
};

std::optional<std::string> FindFile(const ConfigurationSources& sources) {
  if (sources.file) return sources.file;
  if (!sources.search_for_file) return std::nullopt;
  for (const char* variable : {"DELTAPORT_CONFIG_FILE", "DATAPRESS_CONFIG_FILE"}) {
    const auto it = sources.environment.find(variable);
    if (it != sources.environment.end() && !it->second.empty()) return it->second;
  }
  for (const char* path : {"deltaport.toml", "datasets.toml"}) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) return path;
  }
  return std::nullopt;
}

}  // namespace

// Builds a Configuration step by step and collects what is wrong.
class ConfigurationLoader {
 public:
  explicit ConfigurationLoader(const ConfigurationSources& sources) : sources_(sources) {}

  Result<Configuration> Load() {
    for (const Setting& setting : ServerSettings()) {
      configuration_.settings_.push_back({&setting, setting.default_value, "default"});
    }
    if (const auto path = FindFile(sources_)) {
      ARROW_ASSIGN_OR_RAISE(const ConfigFile file, ReadConfigFile(*path));
      ReadFile(file);
    }
    ReadEnvironment();
    ReadFlags();
    CheckTogether();
    if (!problems_.empty()) {
      return Error(ErrorCode::kInvalidArgument, "{}", fmt::join(problems_, "\n"));
    }
    return std::move(configuration_);
  }

 private:
  EffectiveSetting& Slot(const Setting& setting) {
    return configuration_.settings_[static_cast<size_t>(&setting - ServerSettings().data())];
  }

  void ReadFile(const ConfigFile& file) {
    configuration_.file_ = file.path;
    ConfigReader reader(file);
    for (FoundSetting& found :
         reader.Read(file.root, "", ServerSettings(), kDatasetKey, OpenSections())) {
      Warn(found, file.path, found.setting->key);
      Slot(*found.setting) = {found.setting, std::move(found.value),
                              fmt::format("{}:{}", file.path, found.line)};
    }
    for (const auto& [key, line] : reader.open_keys()) {
      configuration_.warnings_.push_back(
          fmt::format("{}:{}: {} is not supported yet, ignored", file.path, line, key));
    }
    if (const auto it = file.root.find("dataset"); it != file.root.end()) {
      ReadDatasets(it->second, file, reader);
    }
    problems_.insert(problems_.end(), reader.problems().begin(), reader.problems().end());
  }

  void ReadDatasets(const ConfigValue& value, const ConfigFile& file, ConfigReader& reader) {
    const auto* entries = std::get_if<ConfigArray>(&value.value);
    if (!entries) {
      reader.AddProblem(value.line, "datasets are written as [[dataset]], with two brackets");
      return;
    }
    std::map<std::string, int> lines;
    for (const ConfigValue& item : *entries) {
      const auto* table = std::get_if<ConfigTable>(&item.value);
      if (!table) {
        reader.AddProblem(item.line, "datasets are written as [[dataset]], with two brackets");
        continue;
      }
      DatasetEntry entry;
      entry.line = item.line;
      for (FoundSetting& found : reader.Read(*table, "dataset", DatasetEntrySettings())) {
        entry.found.emplace(found.setting->key, std::move(found));
      }
      ReadDataset(entry, file.path, reader, lines);
    }
  }

  void ReadDataset(const DatasetEntry& entry, const std::string& path, ConfigReader& reader,
                   std::map<std::string, int>& lines) {
    const std::string name = entry.Text("dataset.name");
    if (!IsDatasetName(name)) {
      reader.AddProblem(entry.LineOf("dataset.name"),
                        fmt::format("dataset name '{}' must be alphanumeric (plus _ - .), 1 to 255 "
                                    "characters, and not reload-all",
                                    name));
      return;
    }
    if (const auto [it, added] = lines.emplace(name, entry.line); !added) {
      reader.AddProblem(entry.LineOf("dataset.name"),
                        fmt::format("dataset '{}' is already defined in line {}; names must differ",
                                    name, it->second));
      return;
    }
    const std::string label = fmt::format("dataset '{}': ", name);
    for (const auto& [key, found] : entry.found) {
      Warn(found, path, label + std::string(key.substr(key.find('.') + 1)));
    }
    const std::string kind = entry.Text("dataset.source.kind");
    const std::string location = entry.Text("dataset.source.location");
    if (kind == "query") {
      configuration_.warnings_.push_back(fmt::format(
          "{}:{}: {}source.kind \"query\" is not supported yet, the dataset is left out", path,
          entry.LineOf("dataset.source.kind"), label));
      return;
    }
    if (entry.Text("dataset.on_start") == "skip") {
      configuration_.warnings_.push_back(fmt::format("{}:{}: {}left out, as on_start asks", path,
                                                     entry.LineOf("dataset.on_start"), label));
      return;
    }
    if (location.empty()) {
      reader.AddProblem(entry.LineOf("dataset.source.location"),
                        label + "source.location is missing: give a path or URI");
      return;
    }
    AddDataset(entry, name, kind, location, reader);
  }

  void AddDataset(const DatasetEntry& entry, const std::string& name, const std::string& kind,
                  const std::string& location, ConfigReader& reader) {
    DatasetSettings dataset;
    dataset.name = name;
    dataset.location = location;
    dataset.kind = kind == "delta" ? DatasetKind::kDelta : DatasetKind::kParquet;
    dataset.description = entry.Text("dataset.description");
    if (const auto it = entry.found.find("dataset.lazy"); it != entry.found.end()) {
      dataset.lazy = std::get<bool>(it->second.value);
    }
    dataset.columns = entry.Strings("dataset.columns");
    dataset.hidden_columns = entry.Strings("dataset.projection_filter.exclude");
    dataset.predicate_include = entry.Strings("dataset.predicate_filter.include");
    dataset.predicate_exclude = entry.Strings("dataset.predicate_filter.exclude");
    const auto include = entry.Strings("dataset.projection_filter.include");
    if (!include.empty() && !dataset.hidden_columns.empty()) {
      reader.AddProblem(entry.LineOf("dataset.projection_filter.include"),
                        fmt::format("dataset '{}': projection_filter may set 'include' or "
                                    "'exclude', not both",
                                    name));
    }
    if (!dataset.predicate_include.empty() && !dataset.predicate_exclude.empty()) {
      reader.AddProblem(entry.LineOf("dataset.predicate_filter.include"),
                        fmt::format("dataset '{}': predicate_filter may set 'include' or "
                                    "'exclude', not both",
                                    name));
    }
    if (!include.empty()) {
      KeepOnly(include, dataset.columns);
      if (dataset.columns.empty()) {
        // An empty list would mean: all columns.
        reader.AddProblem(
            entry.LineOf("dataset.projection_filter.include"),
            fmt::format("dataset '{}': projection_filter.include leaves no column of columns",
                        name));
      }
    }
    configuration_.datasets_.push_back(std::move(dataset));
  }

  static void KeepOnly(const std::vector<std::string>& include, std::vector<std::string>& columns) {
    if (columns.empty()) {
      columns = include;
      return;
    }
    std::erase_if(columns, [&](const std::string& column) {
      return std::find(include.begin(), include.end(), column) == include.end();
    });
  }

  void Warn(const FoundSetting& found, const std::string& path, std::string_view label) {
    if (!NeedsWarning(*found.setting, found.value)) return;
    configuration_.warnings_.push_back(
        fmt::format("{}:{}: {} is not supported yet, ignored", path, found.line, label));
  }

  void ReadEnvironment() {
    for (const Setting& setting : ServerSettings()) {
      std::string name = EnvironmentName(setting);
      auto it = sources_.environment.find(name);
      if (it == sources_.environment.end() && setting.key == "auth.admin_token") {
        name = "ADMIN_TOKEN";
        it = sources_.environment.find(name);
      }
      if (it == sources_.environment.end()) continue;
      Set(setting, it->second, fmt::format("environment {}", name));
    }
  }

  void ReadFlags() {
    for (const Setting& setting : ServerSettings()) {
      const auto it = sources_.flags.find(std::string(setting.key));
      if (it == sources_.flags.end()) continue;
      Set(setting, it->second, fmt::format("flag {}", setting.flag));
    }
  }

  void Set(const Setting& setting, const std::string& text, const std::string& origin) {
    auto value = ParseSettingText(setting, text);
    if (!value.ok()) {
      problems_.push_back(fmt::format("{}: {}", origin, value.status().message()));
      return;
    }
    if (NeedsWarning(setting, *value)) {
      configuration_.warnings_.push_back(
          fmt::format("{}: {} is not supported yet, ignored", origin, setting.key));
    }
    Slot(setting) = {&setting, *std::move(value), origin};
  }

  void CheckTogether() {
    for (const char* key : {"server.prefix", "metrics.path"}) {
      const EffectiveSetting& path = configuration_.Find(key);
      const auto& text = std::get<std::string>(path.value);
      if (text.empty()) continue;
      if (text.front() != '/') {
        problems_.push_back(
            fmt::format("{}: {} must start with '/' (got '{}')", path.origin, key, text));
      } else if (text.back() == '/') {
        problems_.push_back(
            fmt::format("{}: {} must not end with '/' (got '{}')", path.origin, key, text));
      }
    }
  }

  const ConfigurationSources& sources_;
  Configuration configuration_;
  std::vector<std::string> problems_;
};

Result<Configuration> Configuration::Load(const ConfigurationSources& sources) {
  return ConfigurationLoader(sources).Load();
}

const EffectiveSetting& Configuration::Find(std::string_view key) const {
  const auto it = std::find_if(
      settings_.begin(), settings_.end(),
      [&](const EffectiveSetting& effective) { return effective.setting->key == key; });
  assert(it != settings_.end());
  return *it;
}

bool Configuration::Bool(std::string_view key) const { return std::get<bool>(Find(key).value); }

int64_t Configuration::Integer(std::string_view key) const {
  return std::get<int64_t>(Find(key).value);
}

const std::string& Configuration::Text(std::string_view key) const {
  return std::get<std::string>(Find(key).value);
}

const std::vector<std::string>& Configuration::Strings(std::string_view key) const {
  return std::get<std::vector<std::string>>(Find(key).value);
}

Status Configuration::CheckServing() const {
  if (Bool("server.allow_insecure_listen")) return Status::OK();
  if (Bool("auth.enabled")) {
    return Error(ErrorCode::kInvalidArgument,
                 "{}: auth.enabled asks for OpenID Connect, which is not supported yet; set it to "
                 "false, or pass --allow-insecure-listen to serve without authentication",
                 Find("auth.enabled").origin);
  }
  const std::string& address = Text("server.listen");
  if (!IsLoopback(address)) {
    return Error(ErrorCode::kInvalidArgument,
                 "listening on {} without authentication would show the lake to everyone who "
                 "reaches this machine; listen on 127.0.0.1, or pass --allow-insecure-listen",
                 address);
  }
  return Status::OK();
}

Result<LakeOptions> Configuration::ToLakeOptions(
    const std::vector<std::string>& directories) const {
  LakeOptions options;
  options.engine.memory_limit_bytes = Integer("engine.memory_limit");
  options.engine.spill_directory = Text("engine.spill_directory");
  options.engine.spill_limit_bytes = Integer("engine.spill_limit");
  options.engine.threads = static_cast<int>(Integer("engine.threads"));
  options.follow_interval = std::chrono::milliseconds(Integer("lake.follow_interval_ms"));
  options.build_concurrency = static_cast<int>(Integer("server.startup.max_concurrent"));
  options.datasets = datasets_;
  std::vector<std::string> all = Strings("lake.directories");
  all.insert(all.end(), directories.begin(), directories.end());
  ARROW_ASSIGN_OR_RAISE(auto discovered, Lake::Discover(all));
  std::set<std::string> names;
  for (const DatasetSettings& dataset : datasets_) names.insert(dataset.name);
  for (DatasetSettings& dataset : discovered) {
    if (!names.insert(dataset.name).second) {
      return Error(ErrorCode::kAlreadyExists,
                   "two datasets are called '{}'; the one in {} needs an entry [[dataset]] with "
                   "another name, or another folder name",
                   dataset.name, dataset.location);
    }
    options.datasets.push_back(std::move(dataset));
  }
  return options;
}

std::string ExampleConfiguration() {
  std::string out =
      "# Configuration of Deltaport. Every key is optional; the values here are the defaults.\n";
  // A section may be opened once only, so its keys are gathered first.
  std::vector<std::string_view> sections;
  std::map<std::string_view, std::string> texts;
  for (const Setting& setting : ServerSettings()) {
    if (!setting.supported) continue;
    const size_t dot = setting.key.rfind('.');
    const std::string_view section = setting.key.substr(0, dot);
    if (!texts.contains(section)) sections.push_back(section);
    texts[section] +=
        fmt::format("# {}; {}.\n{} = {}\n", setting.description, AllowedValues(setting),
                    setting.key.substr(dot + 1), FormatSettingValue(setting.default_value));
  }
  for (const std::string_view section : sections) {
    out += fmt::format("\n[{}]\n{}", section, texts[section]);
  }
  out +=
      "\n# A dataset for each table. Remove the '#' and name your own.\n"
      "# [[dataset]]\n"
      "# name = \"flights\"\n"
      "# description = \"Departures of 2013\"\n"
      "# [dataset.source]\n"
      "# kind = \"delta\"  # or \"parquet\": a file, a folder or a glob\n"
      "# location = \"lake/flights\"\n";
  return out;
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace deltaport::lake
