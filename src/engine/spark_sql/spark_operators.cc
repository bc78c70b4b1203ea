// Arithmetic, bits and comparisons as Spark's ANSI mode makes them.

#include <algorithm>

#include <arrow/type_traits.h>

#include "engine/spark_sql/spark_operand.h"

namespace deltaport::engine {
namespace {

using arrow::Type;

Status NoOperator(std::string_view name, const SparkOperand& left, const SparkOperand& right) {
  return SparkRefusal("'{}' of {} and {}", name, SparkTypeName(*left.type),
                      SparkTypeName(*right.type));
}

// Whether the operand is a number that is not zero.
bool IsNonZero(const SparkOperand& value) {
  return value.literal != nullptr &&
         value.literal->text.find_first_of("123456789") <
             std::min(value.literal->text.find('E'), value.literal->text.size());
}

// An integer literal beside a decimal counts the digits it has.
SparkType DecimalOf(const SparkOperand& value) {
  if (value.type->id() == Type::DECIMAL128) return value.type;
  if (value.literal == nullptr) return arrow::decimal128(DecimalDigits(*value.type), 0);
  const auto& text = value.literal->text;
  return arrow::decimal128(static_cast<int>(text.size()) - (text.starts_with('-') ? 1 : 0), 0);
}

Result<SparkOperand> DecimalArithmetic(std::string_view name, const SparkOperand& left,
                                       const SparkOperand& right) {
  const auto left_type = DecimalOf(left);
  const auto right_type = DecimalOf(right);
  const auto& a = static_cast<const arrow::Decimal128Type&>(*left_type);
  const auto& b = static_cast<const arrow::Decimal128Type&>(*right_type);
  int scale = a.scale() + b.scale();
  int precision = a.precision() + b.precision() + 1;
  if (name != "*") {
    scale = std::max(a.scale(), b.scale());
    precision = std::max(a.precision() - a.scale(), b.precision() - b.scale()) + scale + 1;
  }
  if (precision > 38 || name == "/" || name == "%") return NoOperator(name, left, right);
  const auto type = arrow::decimal128(precision, scale);
  ARROW_ASSIGN_OR_RAISE(const auto x, CastSpark(left, name == "*" ? left_type : type));
  ARROW_ASSIGN_OR_RAISE(const auto y, CastSpark(right, name == "*" ? right_type : type));
  return SparkOperand{
      fmt::format("CAST(({} {} {}) AS {})", x.sql, name, y.sql, DuckDbTypeName(*type)), type,
      nullptr};
}

// Division by zero is an error unless the other side is null.
std::string Divided(const SparkOperand& left, std::string_view symbol, const SparkOperand& right,
                    bool never_zero) {
  auto quotient = fmt::format("({} {} {})", left.sql, symbol, right.sql);
  if (never_zero) return quotient;
  return fmt::format("CASE WHEN {} = 0 AND {} IS NOT NULL THEN {} ELSE {} END", right.sql, left.sql,
                     SparkFailure("division by zero"), quotient);
}

Result<SparkOperand> Arithmetic(std::string_view name, const SparkOperand& left,
                                const SparkOperand& right) {
  if (!IsNumeric(*left.type) || !IsNumeric(*right.type)) return NoOperator(name, left, right);
  const bool decimals = left.type->id() == Type::DECIMAL128 || right.type->id() == Type::DECIMAL128;
  const bool fractions = IsFraction(*left.type) || IsFraction(*right.type);
  if (name == "div" && (decimals || fractions)) return NoOperator(name, left, right);
  if (decimals && !fractions) return DecimalArithmetic(name, left, right);
  auto type = SparkCommonType(left.type, right.type);
  if (name == "/") type = arrow::float64();
  if (name == "div") type = arrow::int64();
  ARROW_ASSIGN_OR_RAISE(const auto x, CastSpark(left, type));
  ARROW_ASSIGN_OR_RAISE(const auto y, CastSpark(right, type));
  if (name == "/" || name == "%" || name == "div") {
    return SparkOperand{Divided(x, name == "div" ? "//" : name, y, IsNonZero(right)), type,
                        nullptr};
  }
  return SparkOperand{fmt::format("({} {} {})", x.sql, name, y.sql), type, nullptr};
}

Result<SparkOperand> Bits(std::string_view name, const SparkOperand& left,
                          const SparkOperand& right) {
  if (!IsIntegral(*left.type) || !IsIntegral(*right.type)) return NoOperator(name, left, right);
  const auto type = SparkCommonType(left.type, right.type);
  ARROW_ASSIGN_OR_RAISE(const auto x, CastSpark(left, type));
  ARROW_ASSIGN_OR_RAISE(const auto y, CastSpark(right, type));
  if (name == "^") return SparkOperand{fmt::format("xor({}, {})", x.sql, y.sql), type, nullptr};
  return SparkOperand{fmt::format("({} {} {})", x.sql, name, y.sql), type, nullptr};
}

Result<SparkOperand> Compare(std::string_view name, const SparkOperand& left,
                             const SparkOperand& right) {
  ARROW_ASSIGN_OR_RAISE(const auto type, SparkComparisonType(left, right));
  ARROW_ASSIGN_OR_RAISE(const auto x, CastSpark(left, type));
  ARROW_ASSIGN_OR_RAISE(const auto y, CastSpark(right, type));
  const std::string_view symbol = name == "<=>" ? "IS NOT DISTINCT FROM" : name;
  return SparkOperand{fmt::format("({} {} {})", x.sql, symbol, y.sql), arrow::boolean(), nullptr};
}

bool IsComparison(std::string_view name) {
  return name == "=" || name == "<>" || name == "<" || name == "<=" || name == ">" ||
         name == ">=" || name == "<=>";
}

// The type of a text literal beside something else, in ANSI mode.
SparkType TypeBesideText(const SparkType& other) {
  if (IsIntegral(*other)) return arrow::int64();
  if (IsFraction(*other)) return arrow::float64();
  return IsMoment(*other) ? other : nullptr;
}

}  // namespace

Result<SparkType> SparkComparisonType(const SparkOperand& left, const SparkOperand& right) {
  auto type = SparkCommonType(left.type, right.type);
  if (type == nullptr && IsTextType(*left.type) && left.literal != nullptr) {
    type = TypeBesideText(right.type);
  }
  if (type == nullptr && IsTextType(*right.type) && right.literal != nullptr) {
    type = TypeBesideText(left.type);
  }
  if (type == nullptr || arrow::is_nested(type->id())) {
    return SparkRefusal("a comparison of {} and {}", SparkTypeName(*left.type),
                        SparkTypeName(*right.type));
  }
  return type;
}

Result<SparkOperand> SparkBinary(std::string_view name, const SparkOperand& left,
                                 const SparkOperand& right) {
  if (IsComparison(name)) return Compare(name, left, right);
  if (name == "&" || name == "|" || name == "^") return Bits(name, left, right);
  if (name == "||") {
    if (!IsTextType(*left.type) || !IsTextType(*right.type)) return NoOperator(name, left, right);
    return SparkOperand{fmt::format("({} || {})", left.sql, right.sql), left.type, nullptr};
  }
  return Arithmetic(name, left, right);
}

}  // namespace deltaport::engine
