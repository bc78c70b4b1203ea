// The HTTP/1.1 server: listeners, connections, limits, time-outs and shutdown.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ports/wire/http_message.h"

namespace deltaport::ports::wire {

// What the server is busy with; kept up to date by it, read by the metrics.
struct ServerLoad {
  std::atomic<int64_t> connections = 0;
  std::atomic<int64_t> requests_in_flight = 0;  // From the parsed head to the last byte sent.
  std::atomic<int64_t> queued_requests = 0;     // Waiting for a worker.
  std::atomic<int64_t> streams = 0;             // Responses with a producer that is running.
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 8080;                  // 0: the system picks one; see Server::port().
  int io_threads = 0;                    // 0: one per core.
  int worker_threads = 0;                // 0: twice the cores. Handlers run here.
  int worker_queue_max = 1024;           // Requests waiting for a worker; over it 503, Retry-After.
  int streams_max = 64;                  // Responses with a producer at once; over it 503.
  int connections_max = 10'000;          // Over it new connections are closed at once.
  int64_t header_max_bytes = 64 * 1024;  // Over it 431.
  int64_t body_max_bytes = 1024 * 1024;  // Over it 413.
  // For a response to begin: over it 504, and the request's token is cancelled. Then it is the
  // longest time without a byte taken by the client: over it the connection is cut.
  std::chrono::milliseconds request_timeout{30'000};
  std::chrono::milliseconds read_timeout{10'000};  // From the first byte of a request to its end.
  std::chrono::milliseconds idle_timeout{75'000};  // Between requests.
  std::chrono::milliseconds shutdown_timeout{30'000};  // For running requests to finish.
  int64_t stream_buffer_bytes = 4 * 1024 * 1024;       // In flight per streamed response.
  bool compress = true;                                // Negotiate br, zstd, gzip, deflate.
  std::shared_ptr<ServerLoad> load;                    // Null: nobody looks.
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

  // Serves until Shutdown() was called and running requests have ended, or the time for it passed:
  // then their tokens are cancelled, their connections cut, and their handlers waited for.
  virtual Status Run() = 0;

  // Stops accepting and closes idle connections; running requests end first. Safe from any thread.
  virtual void Shutdown() = 0;
};

}  // namespace deltaport::ports::wire
