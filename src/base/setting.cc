#include "base/setting.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/ranges.h>

#include "base/letter_case.h"

namespace deltaport {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 13> kByteUnits = {{
    {"", 1.0},
    {"b", 1.0},
    {"kb", 1e3},
    {"mb", 1e6},
    {"gb", 1e9},
    {"tb", 1e12},
    {"kib", 1024.0},
    {"mib", 1048576.0},
    {"gib", 1073741824.0},
    {"tib", 1099511627776.0},
    {"k", 1024.0},
    {"m", 1048576.0},
    {"g", 1073741824.0},
}};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

// Control characters and quotes escaped, so that the output is TOML and fits on one line.
std::string QuoteToml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

Status NotAllowed(const Setting& setting, std::string_view text) {
  const std::string shown = setting.secret ? "the value" : fmt::format("'{}'", text);
  return Error(ErrorCode::kInvalidArgument, "{} is {}, allowed is {}", setting.key, shown,
               AllowedValues(setting));
}

Result<SettingValue> ParseUnchecked(const Setting& setting, std::string_view text) {
  switch (setting.kind) {
    case SettingKind::kBool: {
      const std::string lower = LowerCase(text);
      if (lower == "true" || lower == "1" || lower == "on" || lower == "yes") return true;
      if (lower == "false" || lower == "0" || lower == "off" || lower == "no") return false;
      return NotAllowed(setting, text);
    }
    case SettingKind::kInteger: {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) {
        return NotAllowed(setting, text);
      }
      return number;
    }
    case SettingKind::kBytes: {
      auto bytes = ParseByteSize(text);
      if (!bytes.ok()) return NotAllowed(setting, text);
      return *bytes;
    }
    case SettingKind::kString:
    case SettingKind::kChoice:
      return std::string(text);
    case SettingKind::kStrings: {
      std::vector<std::string> items;
      while (!text.empty()) {
        const size_t comma = text.find(',');
        const std::string_view item = Trim(text.substr(0, comma));
        if (!item.empty()) items.emplace_back(item);
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
      }
      return items;
    }
  }
  return NotAllowed(setting, text);
}

}  // namespace

Result<int64_t> ParseByteSize(std::string_view text) {
  text = Trim(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit = LowerCase(Trim(text.substr(static_cast<size_t>(end - text.data()))));
  const auto* known = std::find_if(kByteUnits.begin(), kByteUnits.end(),
                                   [&](const auto& entry) { return entry.first == unit; });
  if (error != std::errc() || known == kByteUnits.end() || !(number >= 0)) {
    return Error(ErrorCode::kInvalidArgument, "'{}' is not a size such as 1048576, 512MB or 4GiB",
                 text);
  }
  const double bytes = number * known->second;
  if (!(bytes < 9.2e18)) {
    return Error(ErrorCode::kInvalidArgument, "the size '{}' is too large", text);
  }
  return static_cast<int64_t>(bytes);
}

std::string AllowedValues(const Setting& setting) {
  constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();
  switch (setting.kind) {
    case SettingKind::kBool:
      return "true or false";
    case SettingKind::kInteger:
      if (setting.max == kUnlimited) return fmt::format("an integer from {}", setting.min);
      return fmt::format("an integer from {} to {}", setting.min, setting.max);
    case SettingKind::kBytes:
      return "a number of bytes or a size such as \"512MB\" or \"4GiB\"";
    case SettingKind::kString:
      return "text";
    case SettingKind::kChoice:
      return fmt::format("one of {}", fmt::join(setting.choices, ", "));
    case SettingKind::kStrings:
      return "a list of strings";
  }
  return "";
}

std::string EnvironmentName(const Setting& setting) {
  std::string name = "DELTAPORT_";
  for (const char c : setting.key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Status CheckSettingValue(const Setting& setting, const SettingValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value);
      number && (*number < setting.min || *number > setting.max)) {
    return NotAllowed(setting, std::to_string(*number));
  }
  if (setting.kind == SettingKind::kChoice) {
    const auto& text = std::get<std::string>(value);
    if (std::find(setting.choices.begin(), setting.choices.end(), text) == setting.choices.end()) {
      return NotAllowed(setting, text);
    }
  }
  return Status::OK();
}

Result<SettingValue> ParseSettingText(const Setting& setting, std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(SettingValue value, ParseUnchecked(setting, text));
  ARROW_RETURN_NOT_OK(CheckSettingValue(setting, value));
  return value;
}

std::string FormatSettingValue(const SettingValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return QuoteToml(*text);
  std::vector<std::string> quoted;
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    quoted.push_back(QuoteToml(item));
  }
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

}  // namespace deltaport
