#include "engine/exact_number.h"

#include <algorithm>
#include <cctype>

namespace deltaport::engine {
namespace {

// Beyond it every type's range is left, whatever the digits are; also bounds the arithmetic.
constexpr int kExponentMax = 100'000;
constexpr size_t kDigitsMax = 10'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the front of `text`.
std::string_view TakeDigits(std::string_view& text) {
  const size_t length =
      static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

bool TakeSign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

// The exponent behind 'e', clamped; nullopt if `text` is not one.
std::optional<int> ParseExponent(std::string_view text) {
  const bool negative = TakeSign(text);
  const std::string_view digits = TakeDigits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  int exponent = 0;
  for (const char digit : digits) {
    exponent = std::min(exponent * 10 + (digit - '0'), kExponentMax);
  }
  return negative ? -exponent : exponent;
}

void Increment(std::string& digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return;
    }
    *digit = '0';
  }
  digits.insert(digits.begin(), '1');
}

}  // namespace

std::string ScaledFloor::ToText() const {
  if (digits.empty()) return "0";
  return negative ? "-" + digits : digits;
}

std::optional<ExactNumber> ExactNumber::Parse(std::string_view text) {
  if (text.size() > kDigitsMax) return std::nullopt;
  ExactNumber number;
  number.negative_ = TakeSign(text);
  number.digits_ = TakeDigits(text);
  bool any_digit = !number.digits_.empty();
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::string_view fraction = TakeDigits(text);
    any_digit = any_digit || !fraction.empty();
    number.digits_ += fraction;
    number.exponent_ = -static_cast<int>(fraction.size());
  }
  if (!any_digit) return std::nullopt;
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    const std::optional<int> exponent = ParseExponent(text.substr(1));
    if (!exponent) return std::nullopt;
    number.exponent_ += *exponent;
  }
  number.digits_.erase(0, std::min(number.digits_.find_first_not_of('0'), number.digits_.size()));
  const size_t end = number.digits_.find_last_not_of('0') + 1;
  number.exponent_ += static_cast<int>(number.digits_.size() - end);
  number.digits_.resize(end);
  if (number.digits_.empty()) number.negative_ = false;
  return number;
}

std::optional<ScaledFloor> ExactNumber::FloorAt(int scale, int digits_max) const {
  ScaledFloor floor;
  if (digits_.empty()) return floor;
  floor.negative = negative_;
  const int shift = exponent_ + scale;
  const int length = static_cast<int>(digits_.size()) + shift;
  if (length > digits_max) return std::nullopt;
  if (shift >= 0) {
    floor.digits = digits_ + std::string(static_cast<size_t>(shift), '0');
    return floor;
  }
  floor.exact = false;  // The last digit is not zero, and it is cut off.
  if (length > 0) floor.digits = digits_.substr(0, static_cast<size_t>(length));
  if (negative_) Increment(floor.digits);
  if (floor.digits.empty()) floor.negative = false;
  if (static_cast<int>(floor.digits.size()) > digits_max) return std::nullopt;
  return floor;
}

}  // namespace deltaport::engine
