// The configuration in force: a TOML file, the environment and flags, merged and checked.
//
// Precedence: flag, environment, file, default. A DataPress file is taken as it is; what it asks
// for and is not supported becomes a warning, never silence. Access control that cannot be kept is
// refused instead (auth.enabled).

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/setting.h"
#include "lake/lake.h"

namespace deltaport::lake {

struct ConfigurationSources {
  // The file of --config. None: $DELTAPORT_CONFIG_FILE, $DATAPRESS_CONFIG_FILE, ./deltaport.toml,
  // ./datasets.toml, in this order.
  std::optional<std::string> file;
  bool search_for_file = true;
  std::map<std::string, std::string> environment;  // Of the process; unknown names are ignored.
  std::map<std::string, std::string> flags;        // Setting key → text.
};

struct EffectiveSetting {
  const Setting* setting = nullptr;
  SettingValue value;
  std::string origin;  // "default", "flag --port", "environment DELTAPORT_…", "PATH:LINE".

  bool is_default() const { return origin == "default"; }
};

class Configuration {
 public:
  // kInvalidArgument with one line for each mistake; kNotFound for a named file that is missing.
  static Result<Configuration> Load(const ConfigurationSources& sources);

  // "" if no file was read.
  const std::string& file() const { return file_; }
  const std::vector<EffectiveSetting>& settings() const { return settings_; }
  const std::vector<DatasetSettings>& datasets() const { return datasets_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // `key` must be a setting of that kind.
  bool Bool(std::string_view key) const;
  int64_t Integer(std::string_view key) const;
  const std::string& Text(std::string_view key) const;
  const std::vector<std::string>& Strings(std::string_view key) const;

  // Fails with kInvalidArgument if serving with these settings would be open to strangers: a
  // listening address outside of loopback, or authentication that was asked for and is missing.
  Status CheckServing() const;

  // Datasets of the file and those found in lake.directories and `directories`.
  // kAlreadyExists if two have the same name.
  Result<LakeOptions> ToLakeOptions(const std::vector<std::string>& directories = {}) const;

 private:
  friend class ConfigurationLoader;

  const EffectiveSetting& Find(std::string_view key) const;

  std::string file_;
  std::vector<EffectiveSetting> settings_;
  std::vector<DatasetSettings> datasets_;
  std::vector<std::string> warnings_;
};

// A file with every key, its default and what it means, and an example dataset.
std::string ExampleConfiguration();

// The process's environment, as ConfigurationSources wants it.
std::map<std::string, std::string> ProcessEnvironment();

}  // namespace deltaport::lake
