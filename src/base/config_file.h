// TOML files as plain values with line numbers, and their typed reading by a list of settings.
//
// Mistakes are collected, not thrown at the first: each names file, line, key and what is allowed.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/setting.h"

namespace deltaport {

struct ConfigValue;
using ConfigArray = std::vector<ConfigValue>;
using ConfigTable = std::map<std::string, ConfigValue, std::less<>>;

struct ConfigValue {
  std::variant<bool, int64_t, double, std::string, ConfigArray, ConfigTable> value;
  int line = 0;  // From 1.
};

struct ConfigFile {
  std::string path;  // As the user gave it; part of every message.
  ConfigTable root;
};

// Files over this size are refused.
inline constexpr int64_t kConfigFileMaxBytes = 4 * 1024 * 1024;

// kInvalidArgument "PATH:LINE:COLUMN: …" for what is not TOML.
Result<ConfigFile> ParseConfig(std::string_view text, std::string path);

// kNotFound or kIo if the file cannot be read.
Result<ConfigFile> ReadConfigFile(const std::string& path);

struct FoundSetting {
  const Setting* setting = nullptr;
  SettingValue value;
  int line = 0;
};

// Reads tables against lists of settings.
class ConfigReader {
 public:
  explicit ConfigReader(const ConfigFile& file) : file_(file) {}

  // The settings that `table` holds, in the file's order of keys. `prefix` is the table's own key
  // ("" for the root, "dataset" for one entry of [[dataset]]). Keys below one of `open_sections`
  // may have any name: each becomes a line of `open_keys`. Keys in `skip` are left to the caller.
  std::vector<FoundSetting> Read(const ConfigTable& table, std::string_view prefix,
                                 std::span<const Setting> settings,
                                 std::span<const std::string_view> skip = {},
                                 std::span<const std::string_view> open_sections = {});

  // Adds "PATH:LINE: text".
  void AddProblem(int line, std::string_view text);

  const std::vector<std::string>& problems() const { return problems_; }

  // Keys of open sections that were seen, with their lines.
  const std::vector<std::pair<std::string, int>>& open_keys() const { return open_keys_; }

 private:
  void ReadValue(const std::string& key, const ConfigValue& value,
                 std::span<const Setting> settings, std::span<const std::string_view> open_sections,
                 std::vector<FoundSetting>& found);

  const ConfigFile& file_;
  std::vector<std::string> problems_;
  std::vector<std::pair<std::string, int>> open_keys_;
};

// The candidate nearest to `name` by edit distance, or "" if none is near.
std::string_view NearestName(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace deltaport
