// Z85: four bytes as five printable characters (ZeroMQ RFC 32). Deletion vectors and their file
// names stand in the log this way.

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace deltaport::delta {

// `bytes` must come in fours.
std::string EncodeZ85(std::string_view bytes);

// kCorruptTable for a length that is no multiple of five, another character, or five that stand for
// more than 32 bits.
Result<std::string> DecodeZ85(std::string_view text);

}  // namespace deltaport::delta
