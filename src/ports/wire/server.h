// The HTTP/1.1 server: listeners, connections, limits, time-outs and shutdown.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "ports/wire/http_message.h"

namespace deltaport::ports::wire {

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 8080;                 // 0: the system picks one; see Server::port().
  int io_threads = 0;                   // 0: one per core.
  int worker_threads = 0;               // 0: twice the cores. Handlers run here.
  int worker_queue_max = 1024;          // Requests waiting for a worker; over it 503, Retry-After.
  int64_t header_max_bytes = 64 * 1024;                // Over it 431.
  int64_t body_max_bytes = 1024 * 1024;                // Over it 413.
  std::chrono::milliseconds request_timeout{30'000};   // Over it 504, and the query is cancelled.
  std::chrono::milliseconds read_timeout{10'000};      // From the first byte of a request to its end.
  std::chrono::milliseconds idle_timeout{75'000};      // Between requests.
  std::chrono::milliseconds shutdown_timeout{30'000};  // For running requests to finish.
  int64_t stream_buffer_bytes = 4 * 1024 * 1024;       // In flight per streamed response.
  bool compress = true;                 // Negotiate br, gzip, deflate, zstd.
};

// What the listener tells about each finished request (metrics, request log).
struct RequestRecord {
  std::string_view remote_address, method, target, route, request_id;
  int status;
  int64_t response_bytes;
  std::chrono::nanoseconds duration;
};
using RequestObserver = std::function<void(const RequestRecord&)>;

class Server {
 public:
  // Binds at once, so that port() is known; kInvalidArgument or kIo naming the address otherwise.
  static Result<std::unique_ptr<Server>> Bind(const ServerOptions& options,
                                              std::vector<Route> routes, RequestObserver observer);
  virtual ~Server() = default;

  virtual uint16_t port() const = 0;

  // Serves until Shutdown() was called and running requests have ended or the time for it passed.
  virtual Status Run() = 0;

  // Stops accepting and closes idle connections; running requests end first. Safe from any thread.
  virtual void Shutdown() = 0;
};

}  // namespace deltaport::ports::wire
