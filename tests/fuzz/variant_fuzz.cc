// Variant values: any two byte strings give valid JSON or an error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "columnar/json_document.h"
#include "columnar/variant_json.h"

using namespace deltaport::columnar;

// The first byte is the size of the metadata.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto metadata = bytes.substr(0, data[0]);
  const auto value = bytes.substr(metadata.size());
  const auto names = VariantNames::Parse(metadata);
  if (!names.ok()) return 0;
  std::string json;
  if (AppendVariantJson(*names, value, json).ok() && !JsonDocument::Parse(json).ok()) std::abort();
  return 0;
}
