#include "delta/column_bounds.h"

#include <cmath>

#include <arrow/util/decimal.h>

#include "columnar/json_document.h"
#include "columnar/utf8.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

constexpr size_t kCharactersMax = 32;
constexpr int64_t kMicrosPerMillisecond = 1000;

template <typename ArrayType, typename Visit>
void ForEachValid(const arrow::Array& array, Visit visit) {
  const auto& typed = static_cast<const ArrayType&>(array);
  for (int64_t i = 0; i < typed.length(); ++i) {
    if (typed.IsValid(i)) visit(typed.GetView(i));
  }
}

// Integers, dates and timestamps.
template <typename ArrayType>
class IntegerBounds : public ColumnBounds {
 public:
  void Update(const arrow::Array& values) override {
    ForEachValid<ArrayType>(values, [&](auto narrow) {
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): small numbers, not characters.
      const auto value = static_cast<int64_t>(narrow);
      if (!seen_ || value < min_) min_ = value;
      if (!seen_ || value > max_) max_ = value;
      seen_ = true;
    });
  }
  std::optional<std::string> MinJson() const override {
    return seen_ ? std::optional(fmt::format("{}", min_)) : std::nullopt;
  }
  std::optional<std::string> MaxJson() const override {
    return seen_ ? std::optional(fmt::format("{}", max_)) : std::nullopt;
  }

 protected:
  bool seen_ = false;
  int64_t min_ = 0;
  int64_t max_ = 0;
};

// Readers agree only on years of four digits; other bounds are left out.
constexpr int64_t kFirstDay = -719'162;       // 0001-01-01
constexpr int64_t kDayAfterLast = 2'932'897;  // 10000-01-01
constexpr int64_t kMicrosPerDay = int64_t{86'400} * 1'000'000;

class DateBounds final : public IntegerBounds<arrow::Date32Array> {
 public:
  std::optional<std::string> MinJson() const override { return Json(min_); }
  std::optional<std::string> MaxJson() const override { return Json(max_); }

 private:
  std::optional<std::string> Json(int64_t days) const {
    if (!seen_ || days < kFirstDay || days >= kDayAfterLast) return std::nullopt;
    return columnar::QuotedJson(DateText(static_cast<int32_t>(days)));
  }
};

class TimestampBounds final : public IntegerBounds<arrow::TimestampArray> {
 public:
  explicit TimestampBounds(bool zoned) : zone_(zoned ? "Z" : "") {}

  std::optional<std::string> MinJson() const override { return Json(min_); }

  std::optional<std::string> MaxJson() const override {
    const bool exact = max_ % kMicrosPerMillisecond == 0;
    const bool last = max_ / kMicrosPerDay >= kDayAfterLast - 1;
    // On the last day it is cut, which readers allow for.
    return Json(exact || last ? max_ : max_ + kMicrosPerMillisecond);
  }

 private:
  std::optional<std::string> Json(int64_t microseconds) const {
    if (!seen_ || microseconds < kFirstDay * kMicrosPerDay ||
        microseconds >= kDayAfterLast * kMicrosPerDay) {
      return std::nullopt;
    }
    std::string text = TimestampText(microseconds);
    text.resize(text.size() - 3);  // Six digits of the fraction become three.
    return columnar::QuotedJson(text + zone_);
  }

  std::string zone_;
};

template <typename ArrayType, typename Float>
class FloatBounds final : public ColumnBounds {
 public:
  void Update(const arrow::Array& values) override {
    ForEachValid<ArrayType>(values, [&](Float value) {
      if (std::isnan(value)) {
        has_nan_ = true;
        return;
      }
      if (!seen_ || value < min_) min_ = value;
      if (!seen_ || value > max_) max_ = value;
      seen_ = true;
    });
  }
  // Both zeros are equal, so the bounds must hold whichever a reader means.
  std::optional<std::string> MinJson() const override {
    return Text(min_ == 0 ? Float(-0.0) : min_);
  }
  std::optional<std::string> MaxJson() const override {
    return Text(max_ == 0 ? Float(0.0) : max_);
  }

 private:
  std::optional<std::string> Text(Float value) const {
    if (!seen_ || has_nan_ || !std::isfinite(value)) return std::nullopt;
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }

  bool seen_ = false;
  bool has_nan_ = false;
  Float min_ = 0;
  Float max_ = 0;
};

class DecimalBounds final : public ColumnBounds {
 public:
  explicit DecimalBounds(int32_t scale) : scale_(scale) {}

  void Update(const arrow::Array& values) override {
    const auto& decimals = static_cast<const arrow::Decimal128Array&>(values);
    for (int64_t i = 0; i < decimals.length(); ++i) {
      if (decimals.IsNull(i)) continue;
      const arrow::Decimal128 value(decimals.GetValue(i));
      if (!seen_ || value < min_) min_ = value;
      if (!seen_ || value > max_) max_ = value;
      seen_ = true;
    }
  }
  std::optional<std::string> MinJson() const override { return Text(min_); }
  std::optional<std::string> MaxJson() const override { return Text(max_); }

 private:
  std::optional<std::string> Text(const arrow::Decimal128& value) const {
    if (!seen_) return std::nullopt;
    // Small values come as 1E-10, which is a JSON number too.
    return value.ToString(scale_);
  }

  int32_t scale_;
  bool seen_ = false;
  arrow::Decimal128 min_;
  arrow::Decimal128 max_;
};

// The bytes of the first 32 characters, or all.
size_t PrefixBytes(std::string_view text) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts_character && ++characters > kCharactersMax) return i;
  }
  return text.size();
}

class StringBounds final : public ColumnBounds {
 public:
  void Update(const arrow::Array& values) override {
    ForEachValid<arrow::StringArray>(values, [&](std::string_view value) {
      if (!seen_ || value < min_) min_ = value;
      if (!seen_ || value > max_) max_ = value;
      seen_ = true;
    });
  }

  std::optional<std::string> MinJson() const override {
    if (!seen_ || !columnar::IsUtf8(min_)) return std::nullopt;
    return columnar::QuotedJson(std::string_view(min_).substr(0, PrefixBytes(min_)));
  }

  std::optional<std::string> MaxJson() const override {
    if (!seen_ || !columnar::IsUtf8(max_)) return std::nullopt;
    const size_t bytes = PrefixBytes(max_);
    if (bytes == max_.size()) return columnar::QuotedJson(max_);
    constexpr std::string_view kLastCharacter = "\xF4\x8F\xBF\xBF";  // U+10FFFF
    const std::string_view rest = std::string_view(max_).substr(bytes);
    if (rest.starts_with(kLastCharacter)) return std::nullopt;
    std::string cut = max_.substr(0, bytes);
    cut +=
        static_cast<unsigned char>(rest.front()) < 0x7F ? std::string_view("\x7F") : kLastCharacter;
    return columnar::QuotedJson(cut);
  }

 private:
  bool seen_ = false;
  std::string min_;
  std::string max_;
};

}  // namespace

std::unique_ptr<ColumnBounds> ColumnBounds::Make(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT8:
      return std::make_unique<IntegerBounds<arrow::Int8Array>>();
    case arrow::Type::INT16:
      return std::make_unique<IntegerBounds<arrow::Int16Array>>();
    case arrow::Type::INT32:
      return std::make_unique<IntegerBounds<arrow::Int32Array>>();
    case arrow::Type::INT64:
      return std::make_unique<IntegerBounds<arrow::Int64Array>>();
    case arrow::Type::FLOAT:
      return std::make_unique<FloatBounds<arrow::FloatArray, float>>();
    case arrow::Type::DOUBLE:
      return std::make_unique<FloatBounds<arrow::DoubleArray, double>>();
    case arrow::Type::DATE32:
      return std::make_unique<DateBounds>();
    case arrow::Type::TIMESTAMP:
      return std::make_unique<TimestampBounds>(
          !static_cast<const arrow::TimestampType&>(type).timezone().empty());
    case arrow::Type::DECIMAL128:
      return std::make_unique<DecimalBounds>(static_cast<const arrow::DecimalType&>(type).scale());
    case arrow::Type::STRING:
      return std::make_unique<StringBounds>();
    default:
      return nullptr;
  }
}

}  // namespace deltaport::delta
