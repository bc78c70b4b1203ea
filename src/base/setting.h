// One key of the configuration: its type, limits and default, and how its text is read.
//
// A setting has one spelling in a file ("server.port"), one in the environment
// (DELTAPORT_SERVER_PORT) and, for some, one on the command line (--port).

#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace deltaport {

enum class SettingKind {
  kBool,
  kInteger,
  kBytes,  // An integer, or text such as "512MB" (powers of 1000) or "4GiB" (of 1024).
  kString,
  kChoice,   // A string out of `choices`.
  kStrings,  // A list of strings; in the environment and in flags separated by commas.
};

using SettingValue = std::variant<bool, int64_t, std::string, std::vector<std::string>>;

struct Setting {
  std::string_view key;
  SettingKind kind = SettingKind::kString;
  SettingValue default_value;
  std::string_view description;  // With the unit, if it has one.
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  std::vector<std::string_view> choices = {};
  std::string_view flag = {};  // "--port"; empty: none.
  bool secret = false;         // Never printed.
  bool supported = true;       // False: accepted, and a warning if it asks for something.
};

// "an integer from 0 to 65535": what a value of this setting may be.
std::string AllowedValues(const Setting& setting);

// "DELTAPORT_SERVER_PORT".
std::string EnvironmentName(const Setting& setting);

// Reads a value as environment and command line spell it.
// kInvalidArgument saying what is allowed; the caller adds where the text came from.
Result<SettingValue> ParseSettingText(const Setting& setting, std::string_view text);

// kInvalidArgument if the value is outside of the setting's range or choices.
Status CheckSettingValue(const Setting& setting, const SettingValue& value);

// The value as TOML spells it: true, 8080, "text", ["a", "b"].
std::string FormatSettingValue(const SettingValue& value);

// "1.5GiB" or "1048576" in bytes. kInvalidArgument for anything else.
Result<int64_t> ParseByteSize(std::string_view text);

}  // namespace deltaport
