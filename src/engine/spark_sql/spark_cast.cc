// Casts as Spark's ANSI mode makes them.

#include <array>

#include "columnar/delta_schema.h"
#include "engine/query_sql.h"
#include "engine/spark_sql/spark_operand.h"

namespace deltaport::engine {
namespace {

using arrow::Type;

// Forms of text that both engines read alike. Spark takes more; the rest is an error here.
constexpr std::string_view kIntegerText = "^[+-]?[0-9]{1,38}$";
constexpr std::string_view kNumberText =
    "^[+-]?([0-9]{1,100}([.][0-9]{0,100})?|[.][0-9]{1,100})([eE][+-]?[0-9]{1,4})?$";
constexpr std::string_view kDateText = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
constexpr std::string_view kZonelessText =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?$";
constexpr std::string_view kZonedText =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z?$";

std::string Cast(std::string_view sql, const arrow::DataType& type) {
  return fmt::format("CAST({} AS {})", sql, DuckDbTypeName(type));
}

Status NoCast(const SparkOperand& value, const arrow::DataType& type) {
  return SparkRefusal("a cast from {} to {}", SparkTypeName(*value.type), SparkTypeName(type));
}

// `value` where it is null or `condition` holds, an error elsewhere.
std::string Checked(const std::string& sql, std::string_view condition, std::string_view value,
                    const arrow::DataType& type) {
  return fmt::format(
      "CASE WHEN {} IS NULL THEN NULL WHEN {} THEN {} ELSE {} END", sql, condition, value,
      SparkFailure(fmt::format("a value cannot be cast to {}", SparkTypeName(type))));
}

Result<std::string> FromText(const SparkOperand& value, const arrow::DataType& type) {
  std::string_view form;
  switch (type.id()) {
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      form = kIntegerText;
      break;
    case Type::DOUBLE:
      form = kNumberText;
      break;
    case Type::DATE32:
      form = kDateText;
      break;
    case Type::TIMESTAMP:
      form = IsZoned(type) ? kZonedText : kZonelessText;
      break;
    case Type::BINARY:
      return fmt::format("encode({})", value.sql);
    default:
      return NoCast(value, type);
  }
  std::string converted = Cast(value.sql, type);
  if (IsZoned(type)) {
    converted = fmt::format("timezone('UTC', CAST(rtrim({}, 'Z') AS TIMESTAMP))", value.sql);
  }
  return Checked(value.sql, fmt::format("regexp_matches({}, '{}')", value.sql, form), converted,
                 type);
}

Result<std::string> ToText(const SparkOperand& value) {
  const auto& type = *value.type;
  const auto text = fmt::format("CAST({} AS VARCHAR)", SparkLocalTime(value));
  if (IsIntegral(type) || type.id() == Type::BOOL) return Cast(value.sql, *arrow::utf8());
  if (type.id() == Type::DECIMAL128 &&
      static_cast<const arrow::Decimal128Type&>(type).scale() <= 6) {
    return Cast(value.sql, *arrow::utf8());
  }
  if (IsMoment(type)) {
    return Checked(value.sql, fmt::format("year({}) BETWEEN 1 AND 9999", SparkLocalTime(value)),
                   text, *arrow::utf8());
  }
  return NoCast(value, *arrow::utf8());
}

// Seconds since 1970, rounded down.
std::string EpochSeconds(const SparkOperand& value) {
  const auto us = fmt::format("epoch_us({})", value.sql);
  return fmt::format("(({0} - ((({0} % 1000000) + 1000000) % 1000000)) // 1000000)", us);
}

Result<std::string> ToInteger(const SparkOperand& value, const arrow::DataType& type) {
  const auto& from = *value.type;
  if (IsIntegral(from) || from.id() == Type::BOOL) return Cast(value.sql, type);
  if (IsFraction(from) || from.id() == Type::DECIMAL128) {
    return Cast(fmt::format("trunc({})", value.sql), type);
  }
  if (IsZoned(from) && type.id() == Type::INT64) return EpochSeconds(value);
  return NoCast(value, type);
}

Result<std::string> ToFraction(const SparkOperand& value, const arrow::DataType& type) {
  const auto& from = *value.type;
  // With up to 15 digits both steps of the conversion are exact or rounded once.
  const bool decimal = from.id() == Type::DECIMAL128 && type.id() == Type::DOUBLE &&
                       static_cast<const arrow::Decimal128Type&>(from).precision() <= 15;
  if (IsIntegral(from) || IsFraction(from) || decimal || from.id() == Type::BOOL) {
    return Cast(value.sql, type);
  }
  return NoCast(value, type);
}

Result<std::string> ToMoment(const SparkOperand& value, const arrow::DataType& type) {
  if (!IsMoment(*value.type)) return NoCast(value, type);
  const std::string local = SparkLocalTime(value);
  if (type.id() == Type::DATE32) return Cast(local, type);
  const std::string moment = Cast(local, *arrow::timestamp(arrow::TimeUnit::MICRO));
  return IsZoned(type) ? fmt::format("timezone('UTC', {})", moment) : moment;
}

Result<std::string> CastAtom(const SparkOperand& value, const arrow::DataType& type) {
  if (value.type->id() == Type::NA) {
    return arrow::is_nested(type.id()) ? std::string("NULL") : Cast("NULL", type);
  }
  if (IsTextType(*value.type)) return FromText(value, type);
  switch (type.id()) {
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      return ToInteger(value, type);
    case Type::FLOAT:
    case Type::DOUBLE:
      return ToFraction(value, type);
    case Type::DECIMAL128:
      if (!IsIntegral(*value.type) && value.type->id() != Type::DECIMAL128) break;
      return Cast(value.sql, type);
    case Type::BOOL:
      if (!IsIntegral(*value.type)) break;
      return fmt::format("({} <> 0)", value.sql);
    case Type::STRING:
      return ToText(value);
    case Type::DATE32:
    case Type::TIMESTAMP:
      return ToMoment(value, type);
    default:
      break;
  }
  return NoCast(value, type);
}

}  // namespace

std::string SparkTypeName(const arrow::DataType& type) { return columnar::DeltaTypeName(type); }

std::string SparkFailure(std::string_view message) {
  return fmt::format("error({})", QuoteString(message));
}

std::string SparkLocalTime(const SparkOperand& moment) {
  return IsZoned(*moment.type) ? fmt::format("timezone('UTC', {})", moment.sql) : moment.sql;
}

Result<SparkOperand> CastSpark(const SparkOperand& value, const SparkType& type) {
  if (value.type->Equals(*type)) return value;
  ARROW_ASSIGN_OR_RAISE(auto sql, CastAtom(value, *type));
  return SparkOperand{std::move(sql), type, nullptr};
}

}  // namespace deltaport::engine
