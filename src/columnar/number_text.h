// Numbers as text, written straight into a buffer. All functions return the end of what they wrote.

#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace deltaport::columnar {

inline constexpr char kDigitPairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445"
    "46474849505152535455565758596061626364656667686970717273747576777879808182838485868788899091"
    "9293949596979899";

inline void PutTwoDigits(char* out, unsigned value) {
  std::memcpy(out, kDigitPairs + 2 * value, 2);
}

inline int CountDigits(uint64_t value) {
  static constexpr uint64_t kPowers[] = {0ULL,
                                         10ULL,
                                         100ULL,
                                         1000ULL,
                                         10000ULL,
                                         100000ULL,
                                         1000000ULL,
                                         10000000ULL,
                                         100000000ULL,
                                         1000000000ULL,
                                         10000000000ULL,
                                         100000000000ULL,
                                         1000000000000ULL,
                                         10000000000000ULL,
                                         100000000000000ULL,
                                         1000000000000000ULL,
                                         10000000000000000ULL,
                                         100000000000000000ULL,
                                         1000000000000000000ULL,
                                         10000000000000000000ULL};
  const int approximate = (std::bit_width(value | 1) * 1233) >> 12;  // log10 from log2.
  return approximate + 1 - (value < kPowers[approximate] ? 1 : 0);
}

// Exactly `digits` digits, with leading zeros.
inline char* PutPadded(char* out, uint64_t value, int digits) {
  char* end = out + digits;
  char* p = end;
  while (digits >= 2) {
    p -= 2;
    PutTwoDigits(p, static_cast<unsigned>(value % 100));
    value /= 100;
    digits -= 2;
  }
  if (digits == 1) *out = static_cast<char>('0' + value % 10);
  return end;
}

inline char* PutUnsigned(char* out, uint64_t value) {
  if (value < 10) {
    *out = static_cast<char>('0' + value);
    return out + 1;
  }
  return PutPadded(out, value, CountDigits(value));
}

inline char* PutSigned(char* out, int64_t value) {
  uint64_t magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return PutUnsigned(out, magnitude);
}

// The shortest text that reads back as the same number, always with a point or an exponent: "7.0",
// "7.919", "1e20", "1.5e-7"; "null" for NaN and infinities. At most 32 bytes.
char* PutDouble(char* out, double value);
char* PutFloat(char* out, float value);

}  // namespace deltaport::columnar
