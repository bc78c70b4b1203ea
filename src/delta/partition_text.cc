#include "delta/partition_text.h"

#include <algorithm>
#include <charconv>
#include <string>

#include <arrow/util/key_value_metadata.h>

#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

// Spark's note of the type that was declared, "char(3)".
constexpr char kTextTypeKey[] = "__CHAR_VARCHAR_TYPE_STRING";
constexpr std::string_view kChar = "char(";
constexpr int64_t kCharLengthMax = 1'000'000;

// n of char(n), otherwise 0.
int64_t CharCharacters(const arrow::Field& column) {
  if (!column.HasMetadata() || column.type()->id() != arrow::Type::STRING) return 0;
  const std::string type = column.metadata()->Get(kTextTypeKey).ValueOr("");
  if (!type.starts_with(kChar)) return 0;
  int64_t characters = 0;
  const auto [end, error] =
      std::from_chars(type.data() + kChar.size(), type.data() + type.size(), characters);
  return error == std::errc() && characters <= kCharLengthMax ? characters : 0;
}

int64_t CodePoints(std::string_view text) {
  return std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; });
}

}  // namespace

PartitionText::PartitionText(const arrow::Field& column)
    : type_(column.type()), padded_characters_(CharCharacters(column)) {}

Status PartitionText::Append(std::string_view text, arrow::ArrayBuilder& builder) const {
  if (text.empty()) return builder.AppendNull();
  const int64_t missing = padded_characters_ == 0 ? 0 : padded_characters_ - CodePoints(text);
  if (missing <= 0) return AppendValueText(*type_, text, builder);
  return AppendValueText(*type_, std::string(text) + std::string(static_cast<size_t>(missing), ' '),
                         builder);
}

}  // namespace deltaport::delta
