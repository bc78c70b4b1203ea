// Commit files of the log: any bytes give actions or an error; an action survives being written.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "delta/action_json.h"

using deltaport::Status;
using deltaport::delta::Action;
using deltaport::delta::ActionToJson;
using deltaport::delta::ParseCommit;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Status ignored = ParseCommit(text, "fuzz.json", [](Action&& action) {
    const std::string written = ActionToJson(action);
    std::string again;
    const Status read = ParseCommit(written, "again.json", [&](Action&& same) {
      again = ActionToJson(same);
      return Status::OK();
    });
    if (!read.ok() || again != written) std::abort();
    return Status::OK();
  });
  return 0;
}
