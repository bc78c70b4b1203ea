#include "delta/partition_path.h"

#include <cmath>

#include "columnar/utf8.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

// File systems take 255 bytes.
constexpr size_t kDirectoryBytesMax = 240;

std::string HiveEscape(std::string_view text) {
  constexpr std::string_view kEscaped = "\"#%'*/:=?\\{[]^\x7F";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || kEscaped.find(c) != std::string_view::npos) {
      escaped += fmt::format("%{:02X}", byte);
    } else {
      escaped += c;
    }
  }
  return escaped;
}

template <typename Float>
std::string FloatText(Float value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

Result<std::optional<std::string>> BytesText(std::string_view bytes) {
  if (!columnar::IsUtf8(bytes)) {
    return Error(ErrorCode::kInvalidArgument, "a value is not UTF-8, so it cannot be a partition");
  }
  if (bytes.empty()) return std::nullopt;
  return std::string(bytes);
}

}  // namespace

Result<std::optional<std::string>> PartitionValueText(const arrow::Array& values, int64_t row) {
  if (values.IsNull(row)) return std::nullopt;
  const auto integer = [&]<typename ArrayType>() {
    return fmt::format("{}",
                       static_cast<int64_t>(static_cast<const ArrayType&>(values).Value(row)));
  };
  switch (values.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return BytesText(static_cast<const arrow::BinaryArray&>(values).GetView(row));
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(values).Value(row) ? "true" : "false";
    case arrow::Type::INT8:
      return integer.operator()<arrow::Int8Array>();
    case arrow::Type::INT16:
      return integer.operator()<arrow::Int16Array>();
    case arrow::Type::INT32:
      return integer.operator()<arrow::Int32Array>();
    case arrow::Type::INT64:
      return integer.operator()<arrow::Int64Array>();
    case arrow::Type::FLOAT:
      return FloatText(static_cast<const arrow::FloatArray&>(values).Value(row));
    case arrow::Type::DOUBLE:
      return FloatText(static_cast<const arrow::DoubleArray&>(values).Value(row));
    case arrow::Type::DECIMAL128:
      return static_cast<const arrow::Decimal128Array&>(values).FormatValue(row);
    case arrow::Type::DATE32:
      return DateText(static_cast<const arrow::Date32Array&>(values).Value(row));
    case arrow::Type::TIMESTAMP: {
      std::string text =
          TimestampText(static_cast<const arrow::TimestampArray&>(values).Value(row));
      const auto& type = static_cast<const arrow::TimestampType&>(*values.type());
      if (!type.timezone().empty()) return text + "Z";
      text[text.find('T')] = ' ';
      return text;
    }
    default:
      return Error(ErrorCode::kInternal, "no partition values of the type {}",
                   values.type()->ToString());
  }
}

std::string PartitionDirectory(std::string_view column, const std::optional<std::string>& value) {
  std::string name = fmt::format("{}={}", HiveEscape(column),
                                 value ? HiveEscape(*value) : "__HIVE_DEFAULT_PARTITION__");
  if (name.size() > kDirectoryBytesMax) {
    size_t end = kDirectoryBytesMax;
    // Not within a character.
    while ((static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    name.resize(end);
  }
  return name;
}

}  // namespace deltaport::delta
