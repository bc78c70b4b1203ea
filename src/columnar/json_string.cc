#include "columnar/json_string.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include <emmintrin.h>

#include "columnar/json_rows.h"

namespace deltaport::columnar {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// The size of the valid UTF-8 sequence that starts `text`, 0 if there is none (Unicode table 3-7).
size_t SequenceSize(const uint8_t* text, size_t size) {
  const auto in = [&](size_t i, uint8_t low, uint8_t high) {
    return i < size && text[i] >= low && text[i] <= high;
  };
  const uint8_t lead = text[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return in(1, 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;
    const uint8_t high = lead == 0xed ? 0x9f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const uint8_t low = lead == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

char* PutEscape(char* out, uint8_t c) {
  *out++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *out++ = static_cast<char>(c);
      return out;
    case '\b':
      *out++ = 'b';
      return out;
    case '\f':
      *out++ = 'f';
      return out;
    case '\n':
      *out++ = 'n';
      return out;
    case '\r':
      *out++ = 'r';
      return out;
    case '\t':
      *out++ = 't';
      return out;
    default:
      std::memcpy(out, "u00", 3);
      out[3] = kHexDigits[c >> 4];
      out[4] = kHexDigits[c & 15];
      return out + 5;
  }
}

// Copies one character or escape and advances `text`.
char* PutCharacter(char* out, const uint8_t*& text, const uint8_t* end) {
  const uint8_t c = *text;
  if (c < 0x20 || c == '"' || c == '\\') {
    ++text;
    return PutEscape(out, c);
  }
  const size_t size = SequenceSize(text, static_cast<size_t>(end - text));
  if (size == 0) {
    ++text;
    std::memcpy(out, "\xef\xbf\xbd", 3);
    return out + 3;
  }
  for (size_t i = 0; i < size; ++i) *out++ = static_cast<char>(*text++);
  return out;
}

// A bit for each of the 16 bytes that cannot be copied without a closer look.
int SpecialBytes(__m128i bytes) {
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  // Signed: control characters and all that is not ASCII.
  const __m128i control = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), control));
}

}  // namespace

char* PutJsonString(char* out, std::string_view text, const char* readable_end) {
  const auto* in = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const end = in + text.size();
  const auto* const readable =
      readable_end == nullptr ? end : reinterpret_cast<const uint8_t*>(readable_end);
  *out++ = '"';
  while (in < end && readable - in >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    const size_t size = std::min<size_t>(16, static_cast<size_t>(end - in));
    const unsigned special = static_cast<unsigned>(SpecialBytes(bytes)) & ((1u << size) - 1);
    if (special == 0) {
      in += size;
      out += size;
      continue;
    }
    const int clean = __builtin_ctz(special);
    in += clean;
    out = PutCharacter(out + clean, in, end);
  }
  while (in < end) out = PutCharacter(out, in, end);
  *out++ = '"';
  return out;
}

void AppendJsonString(std::string_view text, std::string& out) {
  const size_t before = out.size();
  out.resize(before + JsonStringBound(text.size()));
  const char* const end = PutJsonString(out.data() + before, text);
  out.resize(static_cast<size_t>(end - out.data()));
}

}  // namespace deltaport::columnar
