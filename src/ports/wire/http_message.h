// HTTP requests and responses as the routes see them; the listener owns sockets and parsing.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::ports::wire {

enum class Method { kGet, kHead, kPost, kPut, kDelete, kOptions, kOther };

// "GET", …; kOther is "OTHER".
std::string_view MethodName(Method method);

// As HTTP compares names: ASCII letters match in either case.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

using Headers = std::vector<std::pair<std::string, std::string>>;

// One parsed request. Owned by the connection; lives until its response has been sent.
struct Request {
  Method method = Method::kGet;
  std::string target;  // As sent, query included.
  std::string path;    // Still percent-encoded, without the query.
  std::vector<std::pair<std::string, std::string>> query;  // Decoded, in order.
  std::vector<std::string> path_parameters;  // Decoded values of the route's {…} parts, in order.
  Headers headers;
  std::string body;
  std::string remote_address;
  std::string request_id;  // From X-Request-Id if that is printable and short, else made.
  CancelToken token;       // Cancelled when the client leaves, or the request's time is over.

  // First value of the header, in any case; nullopt if absent.
  std::optional<std::string_view> Header(std::string_view name) const;
  std::optional<std::string_view> QueryValue(std::string_view name) const;
};

// A body that is produced while it is sent. Called on a worker thread, never on an I/O thread.
//
// Write blocks while the client is slow (a bounded amount is in flight) and fails with the token's
// reason once the client left or the time is over: return that status then.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  virtual Status Write(std::string bytes) = 0;
};
using BodyProducer = std::function<Status(BodyWriter& writer)>;

struct Response {
  int status = 200;
  std::string content_type;  // Empty: no Content-Type header.
  Headers headers;           // Further ones, sent as spelled.
  std::string body;          // Sent with Content-Length, unless `producer` is set.
  BodyProducer producer;     // Sent chunked. An error after the first byte cuts the connection.
};

// Runs on a worker thread; may block. Routes marked `on_io_thread` run on the I/O thread and must
// return within microseconds.
using Handler = std::function<Response(const Request& request)>;

struct Route {
  Method method = Method::kGet;
  std::string pattern;  // "/api/v1/datasets/{name}/query"
  Handler handler;
  bool on_io_thread = false;
  std::string metric_label = {};  // Empty: the pattern.
};

}  // namespace deltaport::ports::wire
