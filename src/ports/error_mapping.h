// The one table that turns an error into what each door shows: HTTP status, exit code, text.
//
// Ports translate the code here and never read the message. Safe from any thread.

#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "ports/wire/http_message.h"

namespace deltaport::ports {

struct ErrorMapping {
  ErrorCode code;
  int http_status;
  int exit_code;                // Of the command line; 0 is success, 1 is never used.
  std::string_view prefix;      // Put before the message over HTTP, unless it is there already.
  int retry_after_seconds = 0;  // 0: no Retry-After header.
};

// The row of `code`; there is one for every code.
const ErrorMapping& MappingOf(ErrorCode code);

// HTTP status of a failed status.
int HttpStatusOf(const Status& error);

// Exit code of the command line for a failed status.
int ExitCodeOf(const Status& error);

// The text that HTTP clients see: the message with its class in front ("not found: …",
// "forbidden: …"). Invalid requests and unavailable datasets have theirs as it is; a passed
// deadline is "request timed out".
std::string HttpErrorText(const Status& error);

// {"error":"text"} with the status of `error`, and Retry-After where trying again may help.
wire::Response ErrorResponse(const Status& error);

// {"error":"text"} as it stands.
wire::Response ErrorResponse(int http_status, std::string_view text);

}  // namespace deltaport::ports
