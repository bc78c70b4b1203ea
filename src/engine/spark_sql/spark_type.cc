#include "engine/spark_sql/spark_type.h"

#include <algorithm>

#include <fmt/format.h>

namespace deltaport::engine {
namespace {

using arrow::Type;

struct Digits {
  int before;
  int after;
};

Digits DigitsOf(const arrow::DataType& type) {
  if (type.id() == Type::DECIMAL128) {
    const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
    return {decimal.precision() - decimal.scale(), decimal.scale()};
  }
  return {DecimalDigits(type), 0};
}

SparkType CommonNumber(const SparkType& left, const SparkType& right) {
  if (left->id() == Type::DECIMAL128 || right->id() == Type::DECIMAL128) {
    if (IsFraction(*left) || IsFraction(*right)) return arrow::float64();
    const Digits a = DigitsOf(*left);
    const Digits b = DigitsOf(*right);
    const int after = std::max(a.after, b.after);
    const int digits = std::max(a.before, b.before) + after;
    return digits <= 38 ? arrow::decimal128(digits, after) : nullptr;
  }
  if (IsFraction(*left) || IsFraction(*right)) return arrow::float64();  // They are not equal.
  return DecimalDigits(*left) > DecimalDigits(*right) ? left : right;
}

}  // namespace

bool IsIntegral(const arrow::DataType& type) {
  return type.id() == Type::INT8 || type.id() == Type::INT16 || type.id() == Type::INT32 ||
         type.id() == Type::INT64;
}

bool IsFraction(const arrow::DataType& type) {
  return type.id() == Type::FLOAT || type.id() == Type::DOUBLE;
}

bool IsNumeric(const arrow::DataType& type) {
  return IsIntegral(type) || IsFraction(type) || type.id() == Type::DECIMAL128;
}

bool IsTextType(const arrow::DataType& type) { return type.id() == Type::STRING; }

bool IsZoned(const arrow::DataType& type) {
  return type.id() == Type::TIMESTAMP &&
         !static_cast<const arrow::TimestampType&>(type).timezone().empty();
}

bool IsZoneless(const arrow::DataType& type) {
  return type.id() == Type::TIMESTAMP && !IsZoned(type);
}

bool IsMoment(const arrow::DataType& type) {
  return type.id() == Type::DATE32 || type.id() == Type::TIMESTAMP;
}

int DecimalDigits(const arrow::DataType& integral) {
  switch (integral.id()) {
    case Type::INT8:
      return 3;
    case Type::INT16:
      return 5;
    case Type::INT32:
      return 10;
    default:
      return 20;
  }
}

SparkType SparkCommonType(const SparkType& left, const SparkType& right) {
  if (left->Equals(*right)) return left;
  if (left->id() == Type::NA) return right;
  if (right->id() == Type::NA) return left;
  if (IsNumeric(*left) && IsNumeric(*right)) return CommonNumber(left, right);
  if (IsMoment(*left) && IsMoment(*right)) {
    if (IsZoned(*left)) return left;
    if (IsZoned(*right)) return right;
    return IsZoneless(*left) ? left : right;
  }
  return nullptr;
}

std::string DuckDbTypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return "BOOLEAN";
    case Type::INT8:
      return "TINYINT";
    case Type::INT16:
      return "SMALLINT";
    case Type::INT32:
      return "INTEGER";
    case Type::INT64:
      return "BIGINT";
    case Type::FLOAT:
      return "FLOAT";
    case Type::DOUBLE:
      return "DOUBLE";
    case Type::BINARY:
      return "BLOB";
    case Type::DATE32:
      return "DATE";
    case Type::TIMESTAMP:
      return IsZoned(type) ? "TIMESTAMPTZ" : "TIMESTAMP";
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      return fmt::format("DECIMAL({}, {})", decimal.precision(), decimal.scale());
    }
    default:
      return "VARCHAR";
  }
}

}  // namespace deltaport::engine
