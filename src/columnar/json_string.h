// Quoted JSON strings out of bytes that should be UTF-8.
//
// Valid text is kept unescaped but for '"', '\' and control characters; each byte that is not part
// of valid UTF-8 becomes U+FFFD, so the result is always valid JSON.

#pragma once

#include <cstddef>
#include <string_view>

namespace deltaport::columnar {

// Bytes that PutJsonString may touch for a text of `size` bytes.
constexpr size_t JsonStringBound(size_t size) { return 6 * size + 2 + 32; }

// Writes the quoted text to `out`, which must have JsonStringBound(text.size()) bytes; returns the
// end. Reads no byte outside `text`, or up to `readable_end` where the caller knows that the bytes
// behind `text` belong to the same buffer; that is faster for short texts.
char* PutJsonString(char* out, std::string_view text, const char* readable_end = nullptr);

}  // namespace deltaport::columnar
