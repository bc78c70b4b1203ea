// Content codings of responses: negotiation and the encoders.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace deltaport::ports::wire {

enum class ContentCoding { kIdentity, kBrotli, kZstd, kGzip, kDeflate };

// The token of Content-Encoding: "identity", "br", "zstd", "gzip", "deflate".
std::string_view ContentCodingName(ContentCoding coding);

// The coding with the greatest q in an Accept-Encoding value; equal ones in the order br, zstd,
// gzip, deflate. "*" and "identity" ask for none. No value if the client accepts none that we have,
// not even identity ("identity;q=0").
std::optional<ContentCoding> NegotiateCoding(std::string_view accept_encoding);

// Encodes one body piece by piece. For one thread.
class Encoder {
 public:
  // kInvalidArgument for kIdentity.
  static Result<std::unique_ptr<Encoder>> Make(ContentCoding coding);
  virtual ~Encoder() = default;

  // Appends the encoded form of `bytes` to `out`, flushed: a reader can decode all of it.
  virtual Status Append(std::string_view bytes, std::string& out) = 0;
  // Appends the end of the body; call once, last.
  virtual Status Finish(std::string& out) = 0;
};

// The whole body encoded at once.
Result<std::string> Encode(ContentCoding coding, std::string_view body);

}  // namespace deltaport::ports::wire
