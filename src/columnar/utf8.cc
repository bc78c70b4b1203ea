#include "columnar/utf8.h"

#include <mutex>

#include <arrow/util/utf8.h>

namespace deltaport::columnar {
namespace {

// All values at once, since most are short: together they are UTF-8, and none begins inside of a
// character.
bool AreUtf8(const arrow::StringArray& texts) {
  if (texts.length() == 0 || texts.total_values_length() == 0) return true;
  const uint8_t* const bytes = texts.raw_data();
  const int32_t begin = texts.value_offset(0);
  const int32_t end = begin + static_cast<int32_t>(texts.total_values_length());
  const auto* const text = reinterpret_cast<const char*>(bytes + begin);
  if (!IsUtf8({text, static_cast<size_t>(end - begin)})) return false;
  for (int64_t i = 0; i < texts.length(); ++i) {
    const int32_t offset = texts.value_offset(i);
    if (offset < end && (bytes[offset] & 0xC0) == 0x80) return false;
  }
  return true;
}

bool HoldsUtf8(const arrow::Array& array) {
  if (array.type_id() == arrow::Type::STRING) {
    return AreUtf8(static_cast<const arrow::StringArray&>(array));
  }
  for (const auto& child : array.data()->child_data) {
    if (!HoldsUtf8(*arrow::MakeArray(child))) return false;
  }
  return true;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  static std::once_flag tables;
  std::call_once(tables, arrow::util::InitializeUTF8);
  return arrow::util::ValidateUTF8(text);
}

Status CheckUtf8(const arrow::Field& field, const arrow::Array& array) {
  if (HoldsUtf8(array)) return Status::OK();
  return Status::Invalid("column '", field.name(), "' holds bytes that are not UTF-8 text");
}

}  // namespace deltaport::columnar
