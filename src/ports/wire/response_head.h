// The status line and headers of a response, as bytes.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ports/wire/http_message.h"

namespace deltaport::ports::wire {

// How a response is framed; the same for every route.
struct ResponseFraming {
  std::optional<int64_t> content_length;  // None: chunked, or up to the end for HTTP/1.0.
  bool http_1_0 = false;
  bool keep_alive = true;
  std::string_view date;        // IMF-fixdate.
  std::string_view request_id;  // Empty: not sent.
};

// Appends the head with its final empty line. Line breaks inside header values become spaces.
void AppendResponseHead(const Response& response, const ResponseFraming& framing, std::string& out);

// "OK", "Not Found"; "Unknown" for a status that we never send.
std::string_view ReasonPhrase(int status);

// Now as "Sat, 21 Nov 2026 11:34:56 GMT".
std::string HttpDate();

}  // namespace deltaport::ports::wire
