#include "engine/literal_binding.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/type_traits.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include "base/letter_case.h"
#include "engine/exact_number.h"
#include "engine/iso_time.h"

namespace deltaport::engine {
namespace {

using arrow::Type;

PlacedLiteral Equal(std::shared_ptr<arrow::Scalar> value) {
  return {LiteralPlace::kEqual, std::move(value)};
}

PlacedLiteral OutOfRange(bool negative) {
  return {negative ? LiteralPlace::kBeforeAll : LiteralPlace::kAfterAll, nullptr};
}

bool IsBoolean(const Literal& literal) { return std::holds_alternative<bool>(literal); }

// The literal as text: numbers as JSON writes them.
std::string TextOf(const Literal& literal) {
  struct Visitor {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return fmt::format("{}", value); }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const NumberText& value) const { return value.text; }
  };
  return std::visit(Visitor{}, literal);
}

// Type is an integer type of C; `value` fits into 64 bits.
template <typename ArrowType>
PlacedLiteral PlaceInteger(const ScaledFloor& floor) {
  using Limits = std::numeric_limits<typename ArrowType::c_type>;
  // 20 digits at most, which 128 bits hold.
  __int128 value = 0;
  for (const char digit : floor.digits) value = value * 10 + (digit - '0');
  if (floor.negative) value = -value;
  if (value < static_cast<__int128>(Limits::min())) return OutOfRange(true);
  if (value > static_cast<__int128>(Limits::max())) return OutOfRange(false);
  // A number between the greatest value and the next integer is after all of them.
  if (!floor.exact && value == static_cast<__int128>(Limits::max())) return OutOfRange(false);
  auto scalar = std::make_shared<typename arrow::TypeTraits<ArrowType>::ScalarType>(
      static_cast<typename ArrowType::c_type>(value));
  return {floor.exact ? LiteralPlace::kEqual : LiteralPlace::kAfter, std::move(scalar)};
}

PlacedLiteral PlaceAmongIntegers(const Literal& literal, Type::type type) {
  if (IsBoolean(literal)) return {};
  const auto number = ExactNumber::Parse(TextOf(literal));
  if (!number) return {};
  const auto floor = number->FloorAt(0, 20);
  if (!floor) return OutOfRange(number->negative());
  switch (type) {
    case Type::INT8:
      return PlaceInteger<arrow::Int8Type>(*floor);
    case Type::INT16:
      return PlaceInteger<arrow::Int16Type>(*floor);
    case Type::INT32:
      return PlaceInteger<arrow::Int32Type>(*floor);
    case Type::INT64:
      return PlaceInteger<arrow::Int64Type>(*floor);
    case Type::UINT8:
      return PlaceInteger<arrow::UInt8Type>(*floor);
    case Type::UINT16:
      return PlaceInteger<arrow::UInt16Type>(*floor);
    case Type::UINT32:
      return PlaceInteger<arrow::UInt32Type>(*floor);
    default:
      return PlaceInteger<arrow::UInt64Type>(*floor);
  }
}

// Number of a floating point column; text may also be "NaN", "inf", "-Infinity".
std::optional<double> ToDouble(const Literal& literal) {
  if (IsBoolean(literal)) return std::nullopt;
  if (const auto* number = std::get_if<double>(&literal)) return *number;
  const std::string text = TextOf(literal);
  if (ExactNumber::Parse(text)) return std::strtod(text.c_str(), nullptr);
  const bool negative = text.starts_with('-');
  const std::string_view word = std::string_view(text).substr(negative ? 1 : 0);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (EqualsIgnoringCase(word, "inf") || EqualsIgnoringCase(word, "infinity")) {
    return negative ? -kInfinity : kInfinity;
  }
  if (EqualsIgnoringCase(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

// The nearest value counts as equal: what JSON shows as 0.1 is found by 0.1 in a float column too.
PlacedLiteral PlaceAmongFloats(const Literal& literal, Type::type type) {
  const auto number = ToDouble(literal);
  if (!number) return {};
  if (type == Type::DOUBLE) return Equal(std::make_shared<arrow::DoubleScalar>(*number));
  const auto narrow = static_cast<float>(*number);
  if (std::isinf(narrow) && std::isfinite(*number)) {
    // Between the greatest finite value and infinity, which is a value as well.
    constexpr float kMax = std::numeric_limits<float>::max();
    const float floor = *number > 0 ? kMax : -std::numeric_limits<float>::infinity();
    return {LiteralPlace::kAfter, std::make_shared<arrow::FloatScalar>(floor)};
  }
  return Equal(std::make_shared<arrow::FloatScalar>(narrow));
}

Result<std::shared_ptr<arrow::Scalar>> MakeDecimal(const std::string& digits,
                                                   const arrow::DecimalType& type) {
  // From the unscaled digits, so that the text's scale is 0 and no rescaling takes place.
  ARROW_ASSIGN_OR_RAISE(const auto wide, arrow::Decimal256::FromString(digits));
  const std::shared_ptr<arrow::DataType> shared = type.GetSharedPtr();
  if (type.id() == Type::DECIMAL256) {
    return std::make_shared<arrow::Decimal256Scalar>(wide, shared);
  }
  ARROW_ASSIGN_OR_RAISE(const auto value, arrow::Decimal128::FromString(digits));
  if (type.id() == Type::DECIMAL128) {
    return std::make_shared<arrow::Decimal128Scalar>(value, shared);
  }
  const auto low = static_cast<int64_t>(value.low_bits());
  if (type.id() == Type::DECIMAL64) {
    return std::make_shared<arrow::Decimal64Scalar>(arrow::Decimal64(low), shared);
  }
  return std::make_shared<arrow::Decimal32Scalar>(arrow::Decimal32(static_cast<int32_t>(low)),
                                                  shared);
}

Result<PlacedLiteral> PlaceAmongDecimals(const Literal& literal, const arrow::DecimalType& type) {
  if (IsBoolean(literal)) return PlacedLiteral{};
  const auto number = ExactNumber::Parse(TextOf(literal));
  if (!number) return PlacedLiteral{};
  const auto floor = number->FloorAt(type.scale(), type.precision());
  if (!floor) return OutOfRange(number->negative());
  if (!floor->exact && !floor->negative &&
      floor->digits == std::string(static_cast<size_t>(type.precision()), '9')) {
    return OutOfRange(false);
  }
  ARROW_ASSIGN_OR_RAISE(auto value, MakeDecimal(floor->ToText(), type));
  return PlacedLiteral{floor->exact ? LiteralPlace::kEqual : LiteralPlace::kAfter,
                       std::move(value)};
}

PlacedLiteral PlaceAmongBooleans(const Literal& literal) {
  std::optional<bool> value;
  if (const auto* boolean = std::get_if<bool>(&literal)) value = *boolean;
  if (const auto* text = std::get_if<std::string>(&literal)) {
    if (EqualsIgnoringCase(*text, "true")) value = true;
    if (EqualsIgnoringCase(*text, "false")) value = false;
  }
  if (!value) return {};
  return Equal(std::make_shared<arrow::BooleanScalar>(*value));
}

// Text literals only; `form` says what the text should look like.
Result<std::string_view> RequireText(const Literal& literal, const arrow::Field& column,
                                     std::string_view form) {
  if (const auto* text = std::get_if<std::string>(&literal)) return std::string_view(*text);
  return Error(ErrorCode::kInvalidArgument,
               "invalid value: column '{}' ({}) is compared with text like {}, not with {}",
               column.name(), column.type()->ToString(), form, TextOf(literal));
}

Status BadText(std::string_view text, const arrow::Field& column, std::string_view form) {
  return Error(ErrorCode::kInvalidArgument,
               "invalid value: '{}' cannot be compared with column '{}' ({}); write it like {}",
               text.substr(0, 100), column.name(), column.type()->ToString(), form);
}

int64_t UnitsPerSecond(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

Result<PlacedLiteral> PlaceAmongDates(const Literal& literal, const arrow::Field& column) {
  constexpr std::string_view kForm = "\"2024-01-30\"";
  ARROW_ASSIGN_OR_RAISE(const std::string_view text, RequireText(literal, column, kForm));
  const auto instant = ParseIsoInstant(text);
  if (!instant) return BadText(text, column, kForm);
  constexpr int64_t kSecondsPerDay = 86'400;
  int64_t days = instant->seconds / kSecondsPerDay;
  if (instant->seconds % kSecondsPerDay < 0) --days;
  const bool exact = instant->seconds % kSecondsPerDay == 0 && instant->nanoseconds == 0;
  std::shared_ptr<arrow::Scalar> value;
  if (ValueType(*column.type()).id() == Type::DATE32) {
    value = std::make_shared<arrow::Date32Scalar>(static_cast<int32_t>(days));
  } else {
    value = std::make_shared<arrow::Date64Scalar>(days * kSecondsPerDay * 1000);
  }
  return PlacedLiteral{exact ? LiteralPlace::kEqual : LiteralPlace::kAfter, std::move(value)};
}

Result<PlacedLiteral> PlaceAmongTimestamps(const Literal& literal, const arrow::Field& column) {
  constexpr std::string_view kForm = "\"2024-01-30T12:00:05\"";
  ARROW_ASSIGN_OR_RAISE(const std::string_view text, RequireText(literal, column, kForm));
  const auto instant = ParseIsoInstant(text);
  if (!instant) return BadText(text, column, kForm);
  const auto& type = static_cast<const arrow::TimestampType&>(ValueType(*column.type()));
  const int64_t per_second = UnitsPerSecond(type.unit());
  const int64_t nanoseconds_per_unit = 1'000'000'000 / per_second;
  const __int128 units = static_cast<__int128>(instant->seconds) * per_second +
                         instant->nanoseconds / nanoseconds_per_unit;
  if (units < std::numeric_limits<int64_t>::min()) return OutOfRange(true);
  if (units > std::numeric_limits<int64_t>::max()) return OutOfRange(false);
  const bool exact = instant->nanoseconds % nanoseconds_per_unit == 0;
  return PlacedLiteral{
      exact ? LiteralPlace::kEqual : LiteralPlace::kAfter,
      std::make_shared<arrow::TimestampScalar>(static_cast<int64_t>(units), type.GetSharedPtr())};
}

Result<PlacedLiteral> PlaceAmongTimes(const Literal& literal, const arrow::Field& column) {
  constexpr std::string_view kForm = "\"12:00:05\"";
  ARROW_ASSIGN_OR_RAISE(const std::string_view text, RequireText(literal, column, kForm));
  const auto nanoseconds = ParseIsoTimeOfDay(text);
  if (!nanoseconds) return BadText(text, column, kForm);
  const auto& type = static_cast<const arrow::TimeType&>(ValueType(*column.type()));
  const int64_t nanoseconds_per_unit = 1'000'000'000 / UnitsPerSecond(type.unit());
  const int64_t units = *nanoseconds / nanoseconds_per_unit;
  std::shared_ptr<arrow::Scalar> value;
  if (type.id() == Type::TIME32) {
    value = std::make_shared<arrow::Time32Scalar>(static_cast<int32_t>(units), type.GetSharedPtr());
  } else {
    value = std::make_shared<arrow::Time64Scalar>(units, type.GetSharedPtr());
  }
  const bool exact = *nanoseconds % nanoseconds_per_unit == 0;
  return PlacedLiteral{exact ? LiteralPlace::kEqual : LiteralPlace::kAfter, std::move(value)};
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

// Standard or URL alphabet, padding optional.
std::optional<std::string> DecodeBase64(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const int digit = Base64Digit(c);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes += static_cast<char>(bits >> bit_count & 0xff);
    }
  }
  return bytes;
}

Result<PlacedLiteral> PlaceAmongBytes(const Literal& literal, const arrow::Field& column) {
  constexpr std::string_view kForm = "\"AAECAw==\" (base64)";
  ARROW_ASSIGN_OR_RAISE(const std::string_view text, RequireText(literal, column, kForm));
  auto bytes = DecodeBase64(text);
  if (!bytes) return BadText(text, column, kForm);
  return Equal(std::make_shared<arrow::BinaryScalar>(arrow::Buffer::FromString(*std::move(bytes))));
}

}  // namespace

Result<PlacedLiteral> PlaceLiteral(const Literal& literal, const arrow::Field& column) {
  const arrow::DataType& type = ValueType(*column.type());
  if (arrow::is_integer(type.id())) return PlaceAmongIntegers(literal, type.id());
  if (arrow::is_floating(type.id())) return PlaceAmongFloats(literal, type.id());
  if (arrow::is_decimal(type.id())) {
    return PlaceAmongDecimals(literal, static_cast<const arrow::DecimalType&>(type));
  }
  if (IsText(type)) return Equal(std::make_shared<arrow::StringScalar>(TextOf(literal)));
  switch (type.id()) {
    case Type::NA:
      return PlacedLiteral{};
    case Type::BOOL:
      return PlaceAmongBooleans(literal);
    case Type::DATE32:
    case Type::DATE64:
      return PlaceAmongDates(literal, column);
    case Type::TIMESTAMP:
      return PlaceAmongTimestamps(literal, column);
    case Type::TIME32:
    case Type::TIME64:
      return PlaceAmongTimes(literal, column);
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return PlaceAmongBytes(literal, column);
    default:
      return Error(ErrorCode::kInvalidArgument,
                   "invalid value: column '{}' ({}) cannot be compared; only is_null and "
                   "is_not_null apply",
                   column.name(), type.ToString());
  }
}

const arrow::DataType& ValueType(const arrow::DataType& type) {
  if (type.id() != Type::DICTIONARY) return type;
  return *static_cast<const arrow::DictionaryType&>(type).value_type();
}

bool IsText(const arrow::DataType& type) {
  return type.id() == Type::STRING || type.id() == Type::LARGE_STRING ||
         type.id() == Type::STRING_VIEW;
}

}  // namespace deltaport::engine
