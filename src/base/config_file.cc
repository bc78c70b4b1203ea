#include "base/config_file.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include <toml++/toml.h>

namespace deltaport {
namespace {

ConfigTable ConvertTable(const toml::table& table, std::optional<int>& date_line);

ConfigValue ConvertNode(const toml::node& node, std::optional<int>& date_line) {
  ConfigValue out;
  out.line = static_cast<int>(node.source().begin.line);
  if (const auto* flag = node.as_boolean()) {
    out.value = flag->get();
  } else if (const auto* number = node.as_integer()) {
    out.value = number->get();
  } else if (const auto* real = node.as_floating_point()) {
    out.value = real->get();
  } else if (const auto* text = node.as_string()) {
    out.value = text->get();
  } else if (const auto* array = node.as_array()) {
    ConfigArray items;
    for (const toml::node& item : *array) items.push_back(ConvertNode(item, date_line));
    out.value = std::move(items);
  } else if (const auto* table = node.as_table()) {
    out.value = ConvertTable(*table, date_line);
  } else {
    date_line = out.line;
  }
  return out;
}

ConfigTable ConvertTable(const toml::table& table, std::optional<int>& date_line) {
  ConfigTable out;
  for (const auto& [key, node] : table) {
    out.emplace(std::string(key.str()), ConvertNode(node, date_line));
  }
  return out;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string Describe(const ConfigValue& value) {
  if (const auto* flag = std::get_if<bool>(&value.value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&value.value)) return std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value.value)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string>(&value.value)) return fmt::format("'{}'", *text);
  return std::holds_alternative<ConfigArray>(value.value) ? "a list" : "a section";
}

std::optional<SettingValue> ConvertStrings(const ConfigArray& items) {
  std::vector<std::string> strings;
  for (const ConfigValue& item : items) {
    const auto* text = std::get_if<std::string>(&item.value);
    if (!text) return std::nullopt;
    strings.push_back(*text);
  }
  return strings;
}

// The value if the TOML type fits the setting's kind; ranges are checked elsewhere.
std::optional<SettingValue> ConvertValue(const Setting& setting, const ConfigValue& value) {
  const auto* text = std::get_if<std::string>(&value.value);
  const auto* number = std::get_if<int64_t>(&value.value);
  switch (setting.kind) {
    case SettingKind::kBool:
      if (const auto* flag = std::get_if<bool>(&value.value)) return *flag;
      return std::nullopt;
    case SettingKind::kInteger:
      if (number) return *number;
      return std::nullopt;
    case SettingKind::kBytes:
      if (number) return *number;
      if (text) {
        if (auto bytes = ParseByteSize(*text); bytes.ok()) return *bytes;
      }
      return std::nullopt;
    case SettingKind::kString:
    case SettingKind::kChoice:
      if (text) return *text;
      return std::nullopt;
    case SettingKind::kStrings:
      if (const auto* items = std::get_if<ConfigArray>(&value.value)) return ConvertStrings(*items);
      return std::nullopt;
  }
  return std::nullopt;
}

bool IsSectionOf(std::string_view section, std::string_view key) {
  return key.size() > section.size() && key.starts_with(section) && key[section.size()] == '.';
}

}  // namespace

Result<ConfigFile> ParseConfig(std::string_view text, std::string path) {
  if (static_cast<int64_t>(text.size()) > kConfigFileMaxBytes) {
    return Error(ErrorCode::kResourceExhausted,
                 "{} has {} bytes; a configuration file may have {} at most", path, text.size(),
                 kConfigFileMaxBytes);
  }
  try {
    const toml::table table = toml::parse(text, path);
    std::optional<int> date_line;
    ConfigFile file{path, ConvertTable(table, date_line)};
    if (date_line) {
      return Error(ErrorCode::kInvalidArgument,
                   "{}:{}: no key takes a date or time; put the value in quotes", path, *date_line);
    }
    return file;
  } catch (const toml::parse_error& error) {
    return Error(ErrorCode::kInvalidArgument, "{}:{}:{}: not valid TOML: {}", path,
                 error.source().begin.line, error.source().begin.column, error.description());
  }
}

Result<ConfigFile> ReadConfigFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return Error(ErrorCode::kNotFound, "the configuration file {} cannot be read: {}", path,
                 std::generic_category().message(errno));
  }
  std::string text(static_cast<size_t>(kConfigFileMaxBytes) + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.gcount() == 0 && !stream.eof())) {
    return Error(ErrorCode::kIo, "the configuration file {} cannot be read: {}", path,
                 std::generic_category().message(errno));
  }
  text.resize(static_cast<size_t>(stream.gcount()));
  return ParseConfig(text, path);
}

std::string_view NearestName(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr size_t kNameMaxLength = 200;
  if (name.size() > kNameMaxLength) return {};
  std::string_view nearest;
  size_t nearest_distance = std::max<size_t>(2, name.size() / 4) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t distance = EditDistance(name, candidate);
    if (distance < nearest_distance) {
      nearest_distance = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

void ConfigReader::AddProblem(int line, std::string_view text) {
  problems_.push_back(fmt::format("{}:{}: {}", file_.path, line, text));
}

std::vector<FoundSetting> ConfigReader::Read(const ConfigTable& table, std::string_view prefix,
                                             std::span<const Setting> settings,
                                             std::span<const std::string_view> skip,
                                             std::span<const std::string_view> open_sections) {
  std::vector<FoundSetting> found;
  for (const auto& [name, value] : table) {
    const std::string key = prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
    if (std::find(skip.begin(), skip.end(), key) != skip.end()) continue;
    ReadValue(key, value, settings, open_sections, found);
  }
  return found;
}

void ConfigReader::ReadValue(const std::string& key, const ConfigValue& value,
                             std::span<const Setting> settings,
                             std::span<const std::string_view> open_sections,
                             std::vector<FoundSetting>& found) {
  const auto setting = std::find_if(settings.begin(), settings.end(),
                                    [&](const Setting& known) { return known.key == key; });
  if (setting != settings.end()) {
    auto converted = ConvertValue(*setting, value);
    Status checked = converted ? CheckSettingValue(*setting, *converted) : Status::OK();
    if (!converted) {
      AddProblem(value.line, fmt::format("{} is {}, allowed is {}", key,
                                         setting->secret ? "of another type" : Describe(value),
                                         AllowedValues(*setting)));
    } else if (!checked.ok()) {
      AddProblem(value.line, checked.message());
    } else {
      found.push_back({&*setting, std::move(*converted), value.line});
    }
    return;
  }
  if (std::find(open_sections.begin(), open_sections.end(), key) != open_sections.end()) {
    open_keys_.emplace_back(key, value.line);
    return;
  }
  const bool is_section = std::any_of(settings.begin(), settings.end(), [&](const Setting& known) {
    return IsSectionOf(key, known.key);
  });
  const auto* table = std::get_if<ConfigTable>(&value.value);
  if (is_section && table) {
    std::ranges::copy(Read(*table, key, settings, {}, open_sections), std::back_inserter(found));
    return;
  }
  if (is_section) {
    AddProblem(value.line, fmt::format("{} is {}, but it names a section: write [{}]", key,
                                       Describe(value), key));
    return;
  }
  std::vector<std::string_view> candidates;
  for (const Setting& known : settings) {
    candidates.push_back(known.key);
    // Sections themselves may be misspelled too.
    for (size_t dot = known.key.find('.'); dot != std::string_view::npos;
         dot = known.key.find('.', dot + 1)) {
      candidates.push_back(known.key.substr(0, dot));
    }
  }
  const std::string_view nearest = NearestName(key, candidates);
  AddProblem(value.line, nearest.empty()
                             ? fmt::format("unknown key '{}'", key)
                             : fmt::format("unknown key '{}'; did you mean '{}'?", key, nearest));
}

}  // namespace deltaport
