#include "columnar/number_text.h"

namespace deltaport::columnar {
namespace {

// Exponents between these are written out; the limits are those of Rust's number formatting, whose
// text clients of the peer know.
template <typename Float>
struct PlainRange;
template <>
struct PlainRange<double> {
  static constexpr int kLow = -5, kHigh = 16;
};
template <>
struct PlainRange<float> {
  static constexpr int kLow = -6, kHigh = 13;
};

char* PutExponent(char* out, const char* digits, int count, int point) {
  *out++ = digits[0];
  if (count > 1) {
    *out++ = '.';
    std::memcpy(out, digits + 1, count - 1);
    out += count - 1;
  }
  *out++ = 'e';
  return PutSigned(out, point - 1);
}

// `digits` are those of 0.DIGITS × 10^point.
template <typename Float>
char* PutDigits(char* out, const char* digits, int count, int point) {
  using Range = PlainRange<Float>;
  if (point > Range::kHigh || point <= Range::kLow) return PutExponent(out, digits, count, point);
  if (point <= 0) {
    std::memcpy(out, "0.00000000", 10);
    out += 2 - point;
    std::memcpy(out, digits, count);
    return out + count;
  }
  if (count <= point) {
    std::memcpy(out, digits, count);
    std::memset(out + count, '0', point - count);
    out += point;
    std::memcpy(out, ".0", 2);
    return out + 2;
  }
  std::memcpy(out, digits, point);
  out[point] = '.';
  std::memcpy(out + point + 1, digits + point, count - point);
  return out + count + 1;
}

template <typename Float>
char* PutShortest(char* out, Float value) {
  if (!std::isfinite(value)) {
    std::memcpy(out, "null", 4);
    return out + 4;
  }
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (value == 0) {
    std::memcpy(out, "0.0", 3);
    return out + 3;
  }
  // "d.ddde±xx"
  char text[32];
  const char* const end =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  char digits[24];
  digits[0] = text[0];
  int count = 1;
  const char* p = text + 1;
  if (*p == '.') {
    for (++p; *p != 'e'; ++p) digits[count++] = *p;
  }
  int exponent = 0;
  const bool negative = p[1] == '-';
  std::from_chars(p + 2, end, exponent);
  return PutDigits<Float>(out, digits, count, (negative ? -exponent : exponent) + 1);
}

}  // namespace

char* PutDouble(char* out, double value) {
  // Hundredths are common, and exact up to 15 digits: a decimal of so few digits that reads back
  // as the same number is the shortest one.
  constexpr double kExactMax = 1e15;
  const double scaled = value * 100;
  const double rounded = std::nearbyint(scaled);
  if (std::fabs(rounded) < kExactMax && rounded / 100 == value && rounded != 0) {
    if (rounded < 0) *out++ = '-';
    const uint64_t hundredths = static_cast<uint64_t>(std::fabs(rounded));
    out = PutUnsigned(out, hundredths / 100);
    *out++ = '.';
    const unsigned rest = static_cast<unsigned>(hundredths % 100);
    PutTwoDigits(out, rest);
    return out + (rest % 10 == 0 ? 1 : 2);
  }
  return PutShortest(out, value);
}

char* PutFloat(char* out, float value) { return PutShortest(out, value); }

}  // namespace deltaport::columnar
