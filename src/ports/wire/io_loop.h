// One I/O thread's event loop: its acceptor, its connections and the sweep for time-outs.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include <boost/asio.hpp>

#include "ports/wire/exchange.h"
#include "ports/wire/router.h"
#include "ports/wire/server.h"
#include "ports/wire/worker_pool.h"

namespace deltaport::ports::wire {

namespace asio = boost::asio;

// Concrete executor types spare a virtual call and an allocation per operation.
using LoopExecutor = asio::io_context::executor_type;
template <typename T>
using Awaitable = asio::awaitable<T, LoopExecutor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, LoopExecutor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, LoopExecutor>;
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<LoopExecutor>> kAwait{
    asio::use_awaitable_t<LoopExecutor>{}};

using SteadyTime = std::chrono::steady_clock::time_point;

// What all loops of a server share.
struct ServerCore {
  ServerOptions options;
  Router router;
  RequestObserver observer;
  std::shared_ptr<ServerLoad> load;
  WorkerPool workers;
};

class Connection;

// Everything but Post-ed work runs on the thread that runs `context()`.
class IoLoop {
 public:
  explicit IoLoop(ServerCore& core);
  ~IoLoop();

  // Binds with SO_REUSEPORT, so that every loop has an acceptor of its own on the same port.
  Status Listen(const asio::ip::tcp::endpoint& endpoint);
  uint16_t port() const;

  // Serves until BeginShutdown() and the end of the last connection.
  void Run();

  // Stops accepting, closes idle connections; at `deadline` cuts the others. From any thread.
  void BeginShutdown(SteadyTime deadline);

  ServerCore& core() { return core_; }
  asio::io_context& context() { return context_; }
  bool stopping() const { return shutdown_deadline_.has_value(); }
  std::string_view date() const { return date_; }

 private:
  Awaitable<void> Accept();
  Awaitable<void> SweepPeriodically();
  void Sweep();
  void Adopt(Socket socket);

  ServerCore& core_;
  asio::io_context context_{1};
  Acceptor acceptor_{context_};
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>
      sweep_timer_{context_};
  std::chrono::milliseconds sweep_interval_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::optional<SteadyTime> shutdown_deadline_;
  std::string date_;
};

}  // namespace deltaport::ports::wire
