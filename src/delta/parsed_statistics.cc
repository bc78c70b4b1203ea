#include "delta/parsed_statistics.h"

#include <cmath>

#include "columnar/json_document.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

constexpr int kDepthMax = 100;

Status AppendObject(const arrow::StructArray& array, int64_t row, int depth, std::string& out);

void AppendQuoted(std::string_view text, std::string& out) {
  columnar::AppendQuotedJson(text, out);
}

template <typename ArrayType>
void AppendInteger(const arrow::Array& array, int64_t row, std::string& out) {
  out += fmt::format("{}", static_cast<int64_t>(static_cast<const ArrayType&>(array).Value(row)));
}

template <typename ArrayType>
void AppendFloat(const arrow::Array& array, int64_t row, std::string& out) {
  const auto value = static_cast<const ArrayType&>(array).Value(row);
  if (std::isfinite(value)) out += fmt::format("{}", value);
}

void AppendTimestamp(const arrow::Array& array, int64_t row, std::string& out) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  const int64_t value = static_cast<const arrow::TimestampArray&>(array).Value(row);
  // Other units than those two are not what checkpoints hold; without a bound nothing is pruned.
  if (type.unit() != arrow::TimeUnit::MICRO && type.unit() != arrow::TimeUnit::MILLI) return;
  const int64_t scale = type.unit() == arrow::TimeUnit::MILLI ? 1000 : 1;
  AppendQuoted(TimestampText(value * scale) + (type.timezone().empty() ? "" : "Z"), out);
}

// Appends the value, or nothing if it has no place in statistics.
Status AppendValue(const arrow::Array& array, int64_t row, int depth, std::string& out) {
  switch (array.type_id()) {
    case arrow::Type::STRUCT:
      return AppendObject(static_cast<const arrow::StructArray&>(array), row, depth, out);
    case arrow::Type::INT8:
      AppendInteger<arrow::Int8Array>(array, row, out);
      break;
    case arrow::Type::INT16:
      AppendInteger<arrow::Int16Array>(array, row, out);
      break;
    case arrow::Type::INT32:
      AppendInteger<arrow::Int32Array>(array, row, out);
      break;
    case arrow::Type::INT64:
      AppendInteger<arrow::Int64Array>(array, row, out);
      break;
    case arrow::Type::FLOAT:
      AppendFloat<arrow::FloatArray>(array, row, out);
      break;
    case arrow::Type::DOUBLE:
      AppendFloat<arrow::DoubleArray>(array, row, out);
      break;
    case arrow::Type::DECIMAL128:
      out += static_cast<const arrow::Decimal128Array&>(array).FormatValue(row);
      break;
    case arrow::Type::STRING:
      AppendQuoted(static_cast<const arrow::StringArray&>(array).GetView(row), out);
      break;
    case arrow::Type::DATE32:
      AppendQuoted(DateText(static_cast<const arrow::Date32Array&>(array).Value(row)), out);
      break;
    case arrow::Type::TIMESTAMP:
      AppendTimestamp(array, row, out);
      break;
    default:
      break;
  }
  return Status::OK();
}

Status AppendObject(const arrow::StructArray& array, int64_t row, int depth, std::string& out) {
  if (depth > kDepthMax) {
    return Error(ErrorCode::kResourceExhausted, "statistics nested more than {} levels deep",
                 kDepthMax);
  }
  out += '{';
  bool first = true;
  for (int i = 0; i < array.num_fields(); ++i) {
    const auto child = array.field(i);
    if (child->IsNull(row)) continue;
    std::string value;
    ARROW_RETURN_NOT_OK(AppendValue(*child, row, depth + 1, value));
    if (value.empty()) continue;
    if (!first) out += ',';
    first = false;
    AppendQuoted(array.type()->field(i)->name(), out);
    out += ':';
    out += value;
  }
  out += '}';
  return Status::OK();
}

}  // namespace

Result<std::string> StatisticsJson(const arrow::StructArray& parsed, int64_t row) {
  std::string out;
  ARROW_RETURN_NOT_OK(AppendObject(parsed, row, 0, out));
  return out;
}

}  // namespace deltaport::delta
