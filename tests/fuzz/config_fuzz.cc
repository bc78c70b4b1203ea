// Configuration files: any bytes give settings, or problems that name their line, never a crash.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/config_file.h"

namespace {

const std::array<deltaport::Setting, 4> kSettings = {{
    {.key = "server.port",
     .kind = deltaport::SettingKind::kInteger,
     .default_value = int64_t{8080},
     .description = "",
     .max = 65535},
    {.key = "engine.memory_limit",
     .kind = deltaport::SettingKind::kBytes,
     .default_value = int64_t{0},
     .description = ""},
    {.key = "lake.directories",
     .kind = deltaport::SettingKind::kStrings,
     .default_value = std::vector<std::string>{},
     .description = ""},
    {.key = "log.format",
     .kind = deltaport::SettingKind::kChoice,
     .default_value = std::string("text"),
     .description = "",
     .choices = {"text", "json"}},
}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = deltaport::ParseConfig(text, "fuzz.toml");
  if (!file.ok()) return 0;
  deltaport::ConfigReader reader(*file);
  for (const deltaport::FoundSetting& found : reader.Read(file->root, "", kSettings)) {
    // What was accepted must be what the setting allows.
    if (!deltaport::CheckSettingValue(*found.setting, found.value).ok()) std::abort();
  }
  return 0;
}
