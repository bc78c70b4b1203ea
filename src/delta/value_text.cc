#include "delta/value_text.h"

#include <charconv>
#include <chrono>

#include <arrow/util/decimal.h>

namespace deltaport::delta {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
// Longer than any decimal of 38 digits in any spelling.
constexpr size_t kDecimalTextMax = 128;

template <typename Number>
bool TakeNumber(std::string_view& text, size_t digits_min, size_t digits_max, Number& out) {
  size_t digits = 0;
  while (digits < text.size() && digits < digits_max && text[digits] >= '0' &&
         text[digits] <= '9') {
    ++digits;
  }
  if (digits < digits_min) return false;
  std::from_chars(text.data(), text.data() + digits, out);
  text.remove_prefix(digits);
  return true;
}

bool TakeCharacter(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int32_t> TakeDate(std::string_view& text) {
  const bool negative = TakeCharacter(text, "-");
  if (!negative) TakeCharacter(text, "+");
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  // std::chrono ends at year 32767; Spark at 294247, which no data reaches.
  if (!TakeNumber(text, 4, 5, year) || !TakeCharacter(text, "-") ||
      !TakeNumber(text, 1, 2, month) || !TakeCharacter(text, "-") || !TakeNumber(text, 1, 2, day) ||
      year > 32767) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(negative ? -year : year),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

// The fraction after the point, as microseconds.
bool TakeFraction(std::string_view& text, int64_t& microseconds) {
  int64_t unit = 100'000;
  size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    microseconds += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return digits > 0 && digits <= 9;
}

// "Z", "+01:00", "-0530", "+01"; the offset in microseconds. Nothing is UTC.
bool TakeZone(std::string_view& text, int64_t& offset) {
  if (text.empty() || TakeCharacter(text, "Zz")) return true;
  const bool negative = text.front() == '-';
  if (!TakeCharacter(text, "+-")) return false;
  int64_t hours = 0;
  int64_t minutes = 0;
  if (!TakeNumber(text, 2, 2, hours)) return false;
  TakeCharacter(text, ":");
  if (!text.empty() && !TakeNumber(text, 2, 2, minutes)) return false;
  offset = (hours * 3600 + minutes * 60) * kMicrosPerSecond * (negative ? -1 : 1);
  return true;
}

template <typename Builder, typename Number>
bool AppendNumber(std::string_view text, arrow::ArrayBuilder& builder, Status& status) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  status = static_cast<Builder&>(builder).Append(value);
  return true;
}

bool AppendBoolean(std::string_view text, arrow::ArrayBuilder& builder, Status& status) {
  const bool yes = text == "true" || text == "True" || text == "TRUE";
  if (!yes && text != "false" && text != "False" && text != "FALSE") return false;
  status = static_cast<arrow::BooleanBuilder&>(builder).Append(yes);
  return true;
}

bool AppendDecimal(const arrow::DataType& type, std::string_view text, arrow::ArrayBuilder& builder,
                   Status& status) {
  if (text.size() > kDecimalTextMax) return false;
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  arrow::Decimal128 value;
  int32_t precision = 0;
  int32_t scale = 0;
  if (!arrow::Decimal128::FromString(text, &value, &precision, &scale).ok()) return false;
  const auto scaled = value.Rescale(scale, decimal.scale());
  if (!scaled.ok() || !scaled->FitsInPrecision(decimal.precision())) return false;
  status = static_cast<arrow::Decimal128Builder&>(builder).Append(*scaled);
  return true;
}

bool AppendDate(std::string_view text, arrow::ArrayBuilder& builder, Status& status) {
  const auto days = ParseDateText(text);
  if (!days) return false;
  status = static_cast<arrow::Date32Builder&>(builder).Append(*days);
  return true;
}

bool AppendTimestamp(std::string_view text, arrow::ArrayBuilder& builder, Status& status) {
  const auto microseconds = ParseTimestampText(text);
  if (!microseconds) return false;
  status = static_cast<arrow::TimestampBuilder&>(builder).Append(*microseconds);
  return true;
}

bool AppendParsed(const arrow::DataType& type, std::string_view text, arrow::ArrayBuilder& builder,
                  Status& status) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      status = static_cast<arrow::BinaryBuilder&>(builder).Append(text);
      return true;
    case arrow::Type::INT8:
      return AppendNumber<arrow::Int8Builder, int8_t>(text, builder, status);
    case arrow::Type::INT16:
      return AppendNumber<arrow::Int16Builder, int16_t>(text, builder, status);
    case arrow::Type::INT32:
      return AppendNumber<arrow::Int32Builder, int32_t>(text, builder, status);
    case arrow::Type::INT64:
      return AppendNumber<arrow::Int64Builder, int64_t>(text, builder, status);
    case arrow::Type::FLOAT:
      return AppendNumber<arrow::FloatBuilder, float>(text, builder, status);
    case arrow::Type::DOUBLE:
      return AppendNumber<arrow::DoubleBuilder, double>(text, builder, status);
    case arrow::Type::BOOL:
      return AppendBoolean(text, builder, status);
    case arrow::Type::DECIMAL128:
      return AppendDecimal(type, text, builder, status);
    case arrow::Type::DATE32:
      return AppendDate(text, builder, status);
    case arrow::Type::TIMESTAMP:
      return AppendTimestamp(text, builder, status);
    default:
      return false;
  }
}

std::string DateOf(std::chrono::sys_days days) {
  const std::chrono::year_month_day date(days);
  const int year = static_cast<int>(date.year());
  return fmt::format("{}{:04}-{:02}-{:02}", year < 0 ? "-" : "", year < 0 ? -year : year,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace

std::optional<int32_t> ParseDateText(std::string_view text) {
  const auto days = TakeDate(text);
  return text.empty() ? days : std::nullopt;
}

std::optional<int64_t> ParseTimestampText(std::string_view text) {
  const auto days = TakeDate(text);
  if (!days) return std::nullopt;
  const int64_t midnight = *days * kMicrosPerDay;
  if (text.empty()) return midnight;
  int64_t hours = 0;
  int64_t minutes = 0;
  int64_t seconds = 0;
  int64_t fraction = 0;
  int64_t offset = 0;
  if (!TakeCharacter(text, "T ") || !TakeNumber(text, 2, 2, hours) || !TakeCharacter(text, ":") ||
      !TakeNumber(text, 2, 2, minutes)) {
    return std::nullopt;
  }
  if (TakeCharacter(text, ":") && !TakeNumber(text, 2, 2, seconds)) return std::nullopt;
  if (TakeCharacter(text, ".") && !TakeFraction(text, fraction)) return std::nullopt;
  if (!TakeZone(text, offset) || !text.empty() || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  return midnight + (hours * 3600 + minutes * 60 + seconds) * kMicrosPerSecond + fraction - offset;
}

std::string DateText(int32_t days) {
  return DateOf(std::chrono::sys_days(std::chrono::days(days)));
}

std::string TimestampText(int64_t microseconds) {
  const std::chrono::sys_time<std::chrono::microseconds> instant{
      std::chrono::microseconds(microseconds)};
  const auto days = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::hh_mm_ss time(instant - days);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:06}", DateOf(days), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

Status AppendValueText(const arrow::DataType& type, std::string_view text,
                       arrow::ArrayBuilder& builder) {
  Status status;
  if (AppendParsed(type, text, builder, status)) return status;
  return Error(ErrorCode::kCorruptTable, "'{}' is not a value of the type {}", text.substr(0, 100),
               type.ToString());
}

}  // namespace deltaport::delta
