#include "engine/duckdb/type_mapping.h"

#include <arrow/util/decimal.h>

namespace deltaport::engine {
namespace {

using arrow::TimeUnit;
using arrow::Type;
using duckdb::LogicalType;

Result<LogicalType> NestedType(const arrow::DataType& type) {
  if (type.id() == Type::LIST) {
    ARROW_ASSIGN_OR_RAISE(const auto item, ToLogicalType(*type.field(0)->type()));
    return LogicalType::LIST(item);
  }
  if (type.id() == Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    ARROW_ASSIGN_OR_RAISE(auto key, ToLogicalType(*map.key_type()));
    ARROW_ASSIGN_OR_RAISE(auto item, ToLogicalType(*map.item_type()));
    return LogicalType::MAP(std::move(key), std::move(item));
  }
  duckdb::child_list_t<LogicalType> children;
  for (const auto& field : type.fields()) {
    ARROW_ASSIGN_OR_RAISE(auto child, ToLogicalType(*field->type()));
    children.emplace_back(field->name(), std::move(child));
  }
  if (children.empty()) {
    return Error(ErrorCode::kUnsupportedFeature, "a struct without fields cannot be queried");
  }
  return LogicalType::STRUCT(std::move(children));
}

duckdb::Value TimestampValue(const arrow::TimestampScalar& scalar) {
  const auto& type = static_cast<const arrow::TimestampType&>(*scalar.type);
  if (type.unit() == TimeUnit::NANO && type.timezone().empty()) {
    return duckdb::Value::TIMESTAMPNS(duckdb::timestamp_ns_t(scalar.value));
  }
  int64_t us = scalar.value;
  if (type.unit() == TimeUnit::SECOND) us *= 1'000'000;
  if (type.unit() == TimeUnit::MILLI) us *= 1000;
  if (type.timezone().empty()) return duckdb::Value::TIMESTAMP(duckdb::timestamp_t(us));
  return duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(us));
}

duckdb::Value DecimalValue(const arrow::Decimal128Scalar& scalar) {
  const auto& type = static_cast<const arrow::Decimal128Type&>(*scalar.type);
  const duckdb::hugeint_t unscaled(scalar.value.high_bits(), scalar.value.low_bits());
  return duckdb::Value::DECIMAL(unscaled, static_cast<uint8_t>(type.precision()),
                                static_cast<uint8_t>(type.scale()));
}

template <typename ScalarType>
auto ValueOf(const arrow::Scalar& scalar) {
  return static_cast<const ScalarType&>(scalar).value;
}

}  // namespace

Result<LogicalType> ToLogicalType(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return LogicalType(LogicalType::BOOLEAN);
    case Type::INT8:
      return LogicalType(LogicalType::TINYINT);
    case Type::INT16:
      return LogicalType(LogicalType::SMALLINT);
    case Type::INT32:
      return LogicalType(LogicalType::INTEGER);
    case Type::INT64:
      return LogicalType(LogicalType::BIGINT);
    case Type::UINT8:
      return LogicalType(LogicalType::UTINYINT);
    case Type::UINT16:
      return LogicalType(LogicalType::USMALLINT);
    case Type::UINT32:
      return LogicalType(LogicalType::UINTEGER);
    case Type::UINT64:
      return LogicalType(LogicalType::UBIGINT);
    case Type::FLOAT:
      return LogicalType(LogicalType::FLOAT);
    case Type::DOUBLE:
      return LogicalType(LogicalType::DOUBLE);
    case Type::STRING:
      return LogicalType(LogicalType::VARCHAR);
    case Type::BINARY:
      return LogicalType(LogicalType::BLOB);
    case Type::DATE32:
      return LogicalType(LogicalType::DATE);
    case Type::TIME64:
      return LogicalType(LogicalType::TIME);
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      if (decimal.scale() < 0 || decimal.scale() > decimal.precision()) break;
      return LogicalType::DECIMAL(static_cast<uint8_t>(decimal.precision()),
                                  static_cast<uint8_t>(decimal.scale()));
    }
    case Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      if (!timestamp.timezone().empty()) return LogicalType(LogicalType::TIMESTAMP_TZ);
      if (timestamp.unit() == TimeUnit::NANO) return LogicalType(LogicalType::TIMESTAMP_NS);
      return LogicalType(LogicalType::TIMESTAMP);
    }
    case Type::LIST:
    case Type::MAP:
    case Type::STRUCT:
      return NestedType(type);
    default:
      break;
  }
  return Error(ErrorCode::kUnsupportedFeature, "type {} cannot be queried", type.ToString());
}

Result<duckdb::Value> ToValue(const arrow::Scalar& scalar) {
  ARROW_ASSIGN_OR_RAISE(const auto type, ToLogicalType(*scalar.type));
  if (!scalar.is_valid) return duckdb::Value(type);
  switch (scalar.type->id()) {
    case Type::BOOL:
      return duckdb::Value::BOOLEAN(ValueOf<arrow::BooleanScalar>(scalar));
    case Type::INT8:
      return duckdb::Value::TINYINT(ValueOf<arrow::Int8Scalar>(scalar));
    case Type::INT16:
      return duckdb::Value::SMALLINT(ValueOf<arrow::Int16Scalar>(scalar));
    case Type::INT32:
      return duckdb::Value::INTEGER(ValueOf<arrow::Int32Scalar>(scalar));
    case Type::INT64:
      return duckdb::Value::BIGINT(ValueOf<arrow::Int64Scalar>(scalar));
    case Type::UINT8:
      return duckdb::Value::UTINYINT(ValueOf<arrow::UInt8Scalar>(scalar));
    case Type::UINT16:
      return duckdb::Value::USMALLINT(ValueOf<arrow::UInt16Scalar>(scalar));
    case Type::UINT32:
      return duckdb::Value::UINTEGER(ValueOf<arrow::UInt32Scalar>(scalar));
    case Type::UINT64:
      return duckdb::Value::UBIGINT(ValueOf<arrow::UInt64Scalar>(scalar));
    case Type::FLOAT:
      return duckdb::Value::FLOAT(ValueOf<arrow::FloatScalar>(scalar));
    case Type::DOUBLE:
      return duckdb::Value::DOUBLE(ValueOf<arrow::DoubleScalar>(scalar));
    case Type::STRING:
      return duckdb::Value(ValueOf<arrow::StringScalar>(scalar)->ToString());
    case Type::BINARY:
      return duckdb::Value::BLOB_RAW(ValueOf<arrow::BinaryScalar>(scalar)->ToString());
    case Type::DATE32:
      return duckdb::Value::DATE(duckdb::date_t(ValueOf<arrow::Date32Scalar>(scalar)));
    case Type::TIMESTAMP:
      return TimestampValue(static_cast<const arrow::TimestampScalar&>(scalar));
    case Type::DECIMAL128:
      return DecimalValue(static_cast<const arrow::Decimal128Scalar&>(scalar));
    default:
      return Error(ErrorCode::kUnsupportedFeature, "no constant of type {}",
                   scalar.type->ToString());
  }
}

}  // namespace deltaport::engine
