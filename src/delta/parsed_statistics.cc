#include "delta/parsed_statistics.h"

#include <cmath>

#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compute/cast.h>

#include "columnar/json_document.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

constexpr int kStatisticsDepthMax = 100;
constexpr int64_t kMillisecondMicros = 1000;

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
    case arrow::Type::LARGE_STRING:
      AppendQuoted(static_cast<const arrow::LargeStringArray&>(array).GetView(row), out);
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
  if (depth > kStatisticsDepthMax) {
    return Error(ErrorCode::kResourceExhausted, "statistics nested more than {} levels deep",
                 kStatisticsDepthMax);
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

// parsed.GROUP.NAME with nulls where a parent is null; null if there is none.
Result<std::shared_ptr<arrow::Array>> Member(const arrow::StructArray& parsed, const char* group,
                                             const std::string& name) {
  const int group_index = parsed.struct_type()->GetFieldIndex(group);
  if (group_index < 0) return nullptr;
  ARROW_ASSIGN_OR_RAISE(const auto members, parsed.GetFlattenedField(group_index));
  if (members->type_id() != arrow::Type::STRUCT) return nullptr;
  const auto& values = static_cast<const arrow::StructArray&>(*members);
  const int index = values.struct_type()->GetFieldIndex(name);
  if (index < 0) return nullptr;
  return values.GetFlattenedField(index);
}

// Whether a cast changes how values are held and nothing else.
bool SameValues(const arrow::DataType& from, const arrow::DataType& to) {
  if (from.Equals(to)) return true;
  if (to.id() == arrow::Type::STRING) return from.id() == arrow::Type::LARGE_STRING;
  if (to.id() != arrow::Type::TIMESTAMP || from.id() != arrow::Type::TIMESTAMP) return false;
  return static_cast<const arrow::TimestampType&>(from).timezone().empty() ==
         static_cast<const arrow::TimestampType&>(to).timezone().empty();
}

template <typename ArrayType, typename Builder>
Result<std::shared_ptr<arrow::Array>> FiniteOnly(const arrow::Array& array) {
  const auto& values = static_cast<const ArrayType&>(array);
  Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(values.length()));
  for (int64_t i = 0; i < values.length(); ++i) {
    if (values.IsValid(i) && std::isfinite(values.Value(i))) {
      builder.UnsafeAppend(values.Value(i));
    } else {
      builder.UnsafeAppendNull();
    }
  }
  return builder.Finish();
}

// Writers cut timestamps to milliseconds before they write them anywhere.
Result<std::shared_ptr<arrow::Array>> WithMillisecond(const arrow::Array& array) {
  const auto& values = static_cast<const arrow::TimestampArray&>(array);
  arrow::TimestampBuilder builder(array.type(), arrow::default_memory_pool());
  ARROW_RETURN_NOT_OK(builder.Reserve(values.length()));
  for (int64_t i = 0; i < values.length(); ++i) {
    int64_t later = 0;
    const bool fits =
        values.IsValid(i) && !__builtin_add_overflow(values.Value(i), kMillisecondMicros, &later);
    fits ? builder.UnsafeAppend(later) : builder.UnsafeAppendNull();
  }
  return builder.Finish();
}

// Null if the type does not fit.
Result<std::shared_ptr<arrow::Array>> Bounds(const arrow::StructArray& parsed, bool is_max,
                                             const std::string& name,
                                             const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto bounds, Member(parsed, is_max ? "maxValues" : "minValues", name));
  if (bounds == nullptr) return arrow::MakeArrayOfNull(type, parsed.length());
  if (!SameValues(*bounds->type(), *type)) return nullptr;
  if (!bounds->type()->Equals(*type)) {
    const auto cast = arrow::compute::Cast(*bounds, type);
    if (!cast.ok()) return nullptr;
    bounds = *cast;
  }
  if (type->id() == arrow::Type::FLOAT) {
    return FiniteOnly<arrow::FloatArray, arrow::FloatBuilder>(*bounds);
  }
  if (type->id() == arrow::Type::DOUBLE) {
    return FiniteOnly<arrow::DoubleArray, arrow::DoubleBuilder>(*bounds);
  }
  return is_max && type->id() == arrow::Type::TIMESTAMP ? WithMillisecond(*bounds)
                                                        : Result<decltype(bounds)>(bounds);
}

// Null if they are no counts.
Result<std::shared_ptr<arrow::Int64Array>> NullCounts(const arrow::StructArray& parsed,
                                                      const std::string& name) {
  ARROW_ASSIGN_OR_RAISE(auto counts, Member(parsed, "nullCount", name));
  // Of a nested column it is a struct, which says nothing about the column itself.
  if (counts == nullptr || counts->type_id() == arrow::Type::STRUCT) {
    ARROW_ASSIGN_OR_RAISE(counts, arrow::MakeArrayOfNull(arrow::int64(), parsed.length()));
  }
  if (counts->type_id() != arrow::Type::INT64) return nullptr;
  const auto& values = static_cast<const arrow::Int64Array&>(*counts);
  for (int64_t i = 0; i < values.length(); ++i) {
    if (values.IsValid(i) && values.Value(i) < 0) return nullptr;
  }
  return std::static_pointer_cast<arrow::Int64Array>(counts);
}

}  // namespace

Result<std::shared_ptr<const ColumnStatistics>> ColumnStatisticsOf(
    const arrow::StructArray& parsed, const std::string& name,
    const std::shared_ptr<arrow::DataType>& type, bool has_bounds) {
  auto statistics = std::make_shared<ColumnStatistics>();
  ARROW_ASSIGN_OR_RAISE(statistics->null_counts, NullCounts(parsed, name));
  if (has_bounds) {
    ARROW_ASSIGN_OR_RAISE(statistics->min_values, Bounds(parsed, false, name, type));
    ARROW_ASSIGN_OR_RAISE(statistics->max_values, Bounds(parsed, true, name, type));
  } else {
    ARROW_ASSIGN_OR_RAISE(statistics->min_values, arrow::MakeArrayOfNull(type, parsed.length()));
    statistics->max_values = statistics->min_values;
  }
  const bool fits = statistics->null_counts && statistics->min_values && statistics->max_values;
  return fits ? statistics : nullptr;
}

Result<std::string> StatisticsJson(const arrow::StructArray& parsed, int64_t row) {
  std::string out;
  ARROW_RETURN_NOT_OK(AppendObject(parsed, row, 0, out));
  return out;
}

}  // namespace deltaport::delta
