#include "delta/checkpoint_columns.h"

namespace deltaport::delta {

std::map<std::string, std::string> TextMap(const CheckpointValues& values, int64_t row) {
  std::map<std::string, std::string> out;
  values.ForEachEntry(row, [&](std::string_view key, std::optional<std::string_view> value) {
    out.insert_or_assign(std::string(key), std::string(value.value_or("")));
  });
  return out;
}

}  // namespace deltaport::delta
