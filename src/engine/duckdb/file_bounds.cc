#include "engine/duckdb/file_bounds.h"

#include <type_traits>

#include <arrow/util/decimal.h>

namespace deltaport::engine {
namespace {

using arrow::Type;

// How the values of a type are compared.
enum class Kind { kNone, kInteger, kReal, kText };

Kind KindOf(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
    case Type::DATE32:
    case Type::DECIMAL128:
      return Kind::kInteger;
    case Type::TIMESTAMP: {
      const auto unit = static_cast<const arrow::TimestampType&>(type).unit();
      return unit == arrow::TimeUnit::MICRO ? Kind::kInteger : Kind::kNone;
    }
    case Type::FLOAT:
    case Type::DOUBLE:
      return Kind::kReal;
    case Type::STRING:
    case Type::LARGE_STRING:
      return Kind::kText;
    default:
      return Kind::kNone;
  }
}

template <typename ArrayType>
WideInteger Number(const arrow::Array& values, int64_t i) {
  return static_cast<const ArrayType&>(values).Value(i);
}

WideInteger Unscaled(const arrow::Array& values, int64_t i) {
  const arrow::Decimal128 value(static_cast<const arrow::Decimal128Array&>(values).GetValue(i));
  return static_cast<WideInteger>(value.high_bits()) << 64 | value.low_bits();
}

using ReadInteger = WideInteger (*)(const arrow::Array&, int64_t);

ReadInteger IntegerReader(Type::type id) {
  switch (id) {
    case Type::BOOL:
      return Number<arrow::BooleanArray>;
    case Type::INT8:
      return Number<arrow::Int8Array>;
    case Type::INT16:
      return Number<arrow::Int16Array>;
    case Type::INT32:
      return Number<arrow::Int32Array>;
    case Type::UINT8:
      return Number<arrow::UInt8Array>;
    case Type::UINT16:
      return Number<arrow::UInt16Array>;
    case Type::UINT32:
      return Number<arrow::UInt32Array>;
    case Type::UINT64:
      return Number<arrow::UInt64Array>;
    case Type::DATE32:
      return Number<arrow::Date32Array>;
    case Type::TIMESTAMP:
      return Number<arrow::TimestampArray>;
    case Type::DECIMAL128:
      return Unscaled;
    default:
      return Number<arrow::Int64Array>;
  }
}

void Read(const arrow::Array& values, std::vector<WideInteger>& out) {
  const auto read = IntegerReader(values.type_id());
  for (int64_t i = 0; i < values.length(); ++i)
    out.push_back(values.IsNull(i) ? 0 : read(values, i));
}

void Read(const arrow::Array& values, std::vector<double>& out) {
  const bool single = values.type_id() == Type::FLOAT;
  for (int64_t i = 0; i < values.length(); ++i) {
    out.push_back(single ? static_cast<const arrow::FloatArray&>(values).Value(i)
                         : static_cast<const arrow::DoubleArray&>(values).Value(i));
  }
}

void Read(const arrow::Array& values, std::vector<std::string>& out) {
  const bool large = values.type_id() == Type::LARGE_STRING;
  for (int64_t i = 0; i < values.length(); ++i) {
    if (values.IsNull(i)) {
      out.emplace_back();
    } else {
      out.emplace_back(large ? static_cast<const arrow::LargeStringArray&>(values).GetView(i)
                             : static_cast<const arrow::StringArray&>(values).GetView(i));
    }
  }
}

WideInteger ToWide(const duckdb::hugeint_t& value) {
  return static_cast<WideInteger>(value.upper) << 64 | value.lower;
}

}  // namespace

std::optional<BoundValue> ToBoundValue(const duckdb::Value& value) {
  using duckdb::LogicalTypeId;
  if (value.IsNull()) return std::nullopt;
  switch (value.type().id()) {
    case LogicalTypeId::BOOLEAN:
      return BoundValue(WideInteger{duckdb::BooleanValue::Get(value)});
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::DECIMAL:
      return BoundValue(ToWide(duckdb::IntegralValue::Get(value)));
    case LogicalTypeId::UBIGINT:
      return BoundValue(WideInteger{value.GetValueUnsafe<uint64_t>()});
    case LogicalTypeId::DATE:
      return BoundValue(WideInteger{value.GetValueUnsafe<int32_t>()});
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return BoundValue(WideInteger{value.GetValueUnsafe<int64_t>()});
    case LogicalTypeId::FLOAT:
      return BoundValue(static_cast<double>(value.GetValueUnsafe<float>()));
    case LogicalTypeId::DOUBLE:
      return BoundValue(value.GetValueUnsafe<double>());
    case LogicalTypeId::VARCHAR:
      return BoundValue(duckdb::StringValue::Get(value));
    default:
      return std::nullopt;
  }
}

template <typename T>
Status FileBounds::Fill(const std::shared_ptr<arrow::Array>& min_values,
                        const std::shared_ptr<arrow::Array>& max_values) {
  Typed<T> typed;
  typed.min.reserve(known_.size());
  typed.max.reserve(known_.size());
  Read(*min_values, typed.min);
  Read(*max_values, typed.max);
  bounds_ = std::move(typed);
  for (size_t file = 0; file < known_.size(); ++file) {
    const auto row = static_cast<int64_t>(file);
    if (min_values->IsValid(row)) known_[file] |= kMin;
    // Writers leave NaN, the greatest number here, out of their bounds.
    if (max_values->IsValid(row) && (exact_ || !std::is_same_v<T, double>)) known_[file] |= kMax;
  }
  return Status::OK();
}

Status FileBounds::Fill(const std::shared_ptr<arrow::Array>& min_values,
                        const std::shared_ptr<arrow::Array>& max_values) {
  if (!min_values || !max_values || !min_values->type()->Equals(max_values->type())) {
    return Status::OK();
  }
  const auto files = static_cast<int64_t>(known_.size());
  if (min_values->length() != files || max_values->length() != files) {
    return Error(ErrorCode::kInternal, "bounds of {} and {} files instead of {}",
                 min_values->length(), max_values->length(), files);
  }
  switch (KindOf(*min_values->type())) {
    case Kind::kInteger:
      return Fill<WideInteger>(min_values, max_values);
    case Kind::kReal:
      return Fill<double>(min_values, max_values);
    case Kind::kText:
      return Fill<std::string>(min_values, max_values);
    case Kind::kNone:
      break;
  }
  return Status::OK();
}

Result<std::shared_ptr<const FileBounds>> FileBounds::OfConstants(
    const std::shared_ptr<arrow::Array>& values) {
  auto bounds = std::make_shared<FileBounds>();
  bounds->exact_ = true;
  for (int64_t file = 0; file < values->length(); ++file) {
    bounds->known_.push_back(values->IsNull(file) ? kNoValue : kNoNull);
  }
  ARROW_RETURN_NOT_OK(bounds->Fill(values, values));
  return bounds;
}

Result<std::shared_ptr<const FileBounds>> FileBounds::OfStatistics(
    const std::shared_ptr<arrow::Array>& min_values,
    const std::shared_ptr<arrow::Array>& max_values,
    const std::shared_ptr<arrow::Int64Array>& null_counts, const std::vector<int64_t>& row_counts) {
  auto bounds = std::make_shared<FileBounds>();
  bounds->known_.resize(row_counts.size());
  for (size_t file = 0; null_counts && file < row_counts.size(); ++file) {
    const auto row = static_cast<int64_t>(file);
    if (null_counts->IsNull(row)) continue;
    if (null_counts->Value(row) == 0) bounds->known_[file] |= kNoNull;
    if (row_counts[file] >= 0 && null_counts->Value(row) >= row_counts[file]) {
      bounds->known_[file] |= kNoValue;
    }
  }
  ARROW_RETURN_NOT_OK(bounds->Fill(min_values, max_values));
  return bounds;
}

std::shared_ptr<const FileBounds> FileBounds::OfNumbers(size_t files) {
  auto bounds = std::make_shared<FileBounds>();
  bounds->exact_ = true;
  bounds->known_.resize(files, kMin | kMax | kNoNull);
  Typed<WideInteger> numbers;
  for (size_t file = 0; file < files; ++file) numbers.min.push_back(static_cast<WideInteger>(file));
  numbers.max = numbers.min;
  bounds->bounds_ = std::move(numbers);
  return bounds;
}

std::optional<FileBounds::Extremes> FileBounds::FindExtremes() const {
  return std::visit(
      [&](const auto& typed) -> std::optional<Extremes> {
        std::optional<Extremes> found;
        for (size_t file = 0; file < known_.size(); ++file) {
          if (!MayBeValue(file)) continue;
          if (!HasMin(file) || !HasMax(file)) return std::nullopt;
          if (!found) found = Extremes{file, file};
          if (BoundLess(typed.min[file], typed.min[found->min_file])) found->min_file = file;
          if (BoundLess(typed.max[found->max_file], typed.max[file])) found->max_file = file;
        }
        return found;
      },
      bounds_);
}

}  // namespace deltaport::engine
