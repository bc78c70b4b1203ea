// Percent coding of paths, as URIs and Delta logs use it (RFC 3986).

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace deltaport::storage {

// Encodes every byte but letters, digits and "-_.~/=", so that no reader can mistake it.
std::string PercentEncode(std::string_view path);

// Replaces each %XX once. kInvalidArgument if a '%' is not followed by two hexadecimal digits or
// stands for a zero byte.
Result<std::string> PercentDecode(std::string_view text);

// The scheme of "scheme:rest" in lower case, empty if `text` does not start with one.
std::string UriScheme(std::string_view text);

// The decoded, absolute path in "file:/a", "file:///a" or "file://localhost/a".
// kInvalidArgument if it names another host, is relative, or has a query or fragment.
Result<std::string> FileUriPath(std::string_view uri);

}  // namespace deltaport::storage
