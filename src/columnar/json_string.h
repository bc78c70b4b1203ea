// Quoted JSON strings out of bytes that should be UTF-8.
//
// Valid text is kept unescaped but for '"', '\' and control characters; each byte that is not part
// of valid UTF-8 becomes U+FFFD, so the result is always valid JSON.

#pragma once

#include <cstddef>
#include <string_view>

namespace deltaport::columnar {

// Bytes that PutJsonString may touch for a text of `size` bytes.
constexpr size_t JsonStringBound(size_t size) { return 6 * size + 2 + 16; }

// Writes the quoted text to `out`, which must have JsonStringBound(text.size()) bytes; returns the
// end. Reads no byte outside `text`.
char* PutJsonString(char* out, std::string_view text);

}  // namespace deltaport::columnar
