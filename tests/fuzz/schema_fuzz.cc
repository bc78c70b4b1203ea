// Schemas of the log: any text gives an Arrow schema or an error; a schema survives being written.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "columnar/delta_schema.h"

using deltaport::columnar::SchemaFromDeltaJson;
using deltaport::columnar::SchemaToDeltaJson;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto schema = SchemaFromDeltaJson(text);
  if (!schema.ok()) return 0;
  const auto written = SchemaToDeltaJson(**schema);
  if (!written.ok()) std::abort();
  const auto again = SchemaFromDeltaJson(*written);
  if (!again.ok() || !(*again)->Equals(**schema, true)) std::abort();
  return 0;
}
