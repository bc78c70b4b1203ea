#include "delta/z85.h"

#include <array>
#include <cstdint>
#include <limits>

namespace deltaport::delta {
namespace {

constexpr std::string_view kDigits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr uint64_t kBase = 85;
static_assert(kDigits.size() == kBase);

constexpr std::array<int16_t, 256> DigitValues() {
  std::array<int16_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<int16_t>(i);
  }
  return values;
}
constexpr auto kDigitValues = DigitValues();

}  // namespace

std::string EncodeZ85(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() / 4 * 5);
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    uint64_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    std::array<char, 5> digits{};
    for (size_t i = digits.size(); i-- > 0; value /= kBase) digits[i] = kDigits[value % kBase];
    text.append(digits.data(), digits.size());
  }
  return text;
}

Result<std::string> DecodeZ85(std::string_view text) {
  if (text.size() % 5 != 0) {
    return Error(ErrorCode::kCorruptTable, "Z85 text of {} characters; they come in fives",
                 text.size());
  }
  std::string bytes;
  bytes.reserve(text.size() / 5 * 4);
  for (size_t at = 0; at < text.size(); at += 5) {
    uint64_t value = 0;
    for (size_t i = 0; i < 5; ++i) {
      const int digit = kDigitValues[static_cast<unsigned char>(text[at + i])];
      if (digit < 0) {
        return Error(ErrorCode::kCorruptTable, "byte 0x{:02x} does not belong in Z85 text",
                     static_cast<unsigned char>(text[at + i]));
      }
      value = value * kBase + static_cast<uint64_t>(digit);
    }
    if (value > std::numeric_limits<uint32_t>::max()) {
      return Error(ErrorCode::kCorruptTable, "Z85 text stands for more than 32 bits");
    }
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  }
  return bytes;
}

}  // namespace deltaport::delta
