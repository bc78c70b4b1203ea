// Variant values of Parquet as JSON text.
//
// Format: VariantEncoding.md of apache/parquet-format, version 1. Text as Spark's to_json gives it:
// dates, timestamps ("2024-01-01 00:00:00+00:00", without a zone if the value has none), times and
// UUIDs are strings, binary is base64, NaN and infinities are strings; numbers keep their digits.
// Bytes that are not UTF-8 become U+FFFD.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace deltaport::columnar {

// The names that the objects of a value use. Views the bytes that it was made of.
class VariantNames {
 public:
  // kCorruptTable if the bytes are not a metadata block of version 1.
  static Result<VariantNames> Parse(std::string_view metadata);

  size_t size() const { return names_.size(); }
  std::string_view operator[](size_t id) const { return names_[id]; }

 private:
  std::vector<std::string_view> names_;
};

// Appends the value at the front of `value`.
// kCorruptTable if it is malformed or nested more than 500 levels deep; kResourceExhausted if `out`
// would grow beyond 128 MiB.
Status AppendVariantJson(const VariantNames& names, std::string_view value, std::string& out);

// Calls visit(name, bytes) for each field of the object `value`. kCorruptTable if it is none.
Status ForEachVariantField(
    const VariantNames& names, std::string_view value,
    const std::function<Status(std::string_view name, std::string_view field)>& visit);

// Scalars as they appear in the text.
void AppendVariantText(std::string_view text, std::string& out);
void AppendVariantDate(int32_t days, std::string& out);
void AppendVariantTimestamp(int64_t value, bool nanoseconds, bool utc, std::string& out);
void AppendVariantTime(int64_t microseconds, std::string& out);
void AppendVariantBinary(std::string_view bytes, std::string& out);
void AppendVariantDouble(double value, std::string& out);
void AppendVariantFloat(float value, std::string& out);

}  // namespace deltaport::columnar
