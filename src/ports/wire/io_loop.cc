#include "ports/wire/io_loop.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "ports/wire/connection.h"
#include "ports/wire/response_head.h"

namespace deltaport::ports::wire {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSweepIntervalMax{250};
constexpr milliseconds kSweepIntervalMin{10};
constexpr milliseconds kAcceptPause{100};
constexpr int kListenBacklog = 4096;

// Often enough that the shortest time-out is met to within a quarter.
milliseconds SweepInterval(const ServerOptions& options) {
  const milliseconds shortest = std::min({options.request_timeout, options.read_timeout,
                                          options.idle_timeout, options.shutdown_timeout});
  return std::clamp(shortest / 4, kSweepIntervalMin, kSweepIntervalMax);
}

Status AddressError(const asio::ip::tcp::endpoint& endpoint, std::string_view action,
                    const boost::system::error_code& error) {
  const auto code = error == asio::error::access_denied ? ErrorCode::kPermissionDenied
                                                        : ErrorCode::kInvalidArgument;
  return Error(code, "cannot {} {}:{}: {}; choose another address or port, or 0 for any free port",
               action, endpoint.address().to_string(), endpoint.port(), error.message());
}

}  // namespace

IoLoop::IoLoop(ServerCore& core)
    : core_(core), sweep_interval_(SweepInterval(core.options)), date_(HttpDate()) {}

IoLoop::~IoLoop() = default;

Status IoLoop::Listen(const asio::ip::tcp::endpoint& endpoint) {
  using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (error) return AddressError(endpoint, "open a socket for", error);
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kListenBacklog, error);
  if (error) return AddressError(endpoint, "listen on", error);
  return Status::OK();
}

uint16_t IoLoop::port() const {
  boost::system::error_code error;
  return acceptor_.local_endpoint(error).port();
}

void IoLoop::Run() {
  const auto log_failure = [](std::string_view what) {
    return [what](const std::exception_ptr& failure) {
      if (!failure) return;
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        log::Error("an I/O loop lost a task", {{"task", what}, {"reason", error.what()}});
      }
    };
  };
  asio::co_spawn(context_, Accept(), log_failure("accept"));
  asio::co_spawn(context_, SweepPeriodically(), log_failure("sweep"));
  context_.run();
}

void IoLoop::BeginShutdown(SteadyTime deadline) {
  asio::post(context_, [this, deadline] {
    if (stopping()) return;
    shutdown_deadline_ = deadline;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    const std::vector<std::shared_ptr<Connection>> open(connections_.begin(), connections_.end());
    for (const auto& connection : open) connection->CloseIfIdle();
    sweep_timer_.cancel();
  });
}

Awaitable<void> IoLoop::Accept() {
  while (!stopping()) {
    auto [error, socket] = co_await acceptor_.async_accept(context_.get_executor(), kAwait);
    if (!error) {
      Adopt(std::move(socket));
    } else if (!stopping() && error != asio::error::connection_aborted) {
      // Out of file descriptors or memory: connections that end make room.
      log::Warning("a connection could not be accepted", {{"reason", error.message()}});
      asio::basic_waitable_timer<std::chrono::steady_clock,
                                 asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>
          pause(context_, kAcceptPause);
      co_await pause.async_wait(kAwait);
    }
  }
}

void IoLoop::Adopt(Socket socket) {
  ServerLoad& load = *core_.load;
  if (load.connections.load(std::memory_order_relaxed) >= core_.options.connections_max) {
    return;  // Closed by its destructor.
  }
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  auto connection = std::make_shared<Connection>(*this, std::move(socket));
  load.connections.fetch_add(1, std::memory_order_relaxed);
  connections_.insert(connection);
  asio::co_spawn(context_, connection->Serve(),
                 [this, connection](const std::exception_ptr& failure) {
                   connections_.erase(connection);
                   core_.load->connections.fetch_sub(1, std::memory_order_relaxed);
                   if (failure) log::Error("a connection was lost by an exception");
                 });
}

Awaitable<void> IoLoop::SweepPeriodically() {
  while (!stopping() || !connections_.empty()) {
    sweep_timer_.expires_after(sweep_interval_);
    co_await sweep_timer_.async_wait(kAwait);
    Sweep();
  }
}

void IoLoop::Sweep() {
  date_ = HttpDate();
  const SteadyTime now = std::chrono::steady_clock::now();
  const bool cut = shutdown_deadline_ && now >= *shutdown_deadline_;
  // A copy: connections may end while they are looked at.
  const std::vector<std::shared_ptr<Connection>> open(connections_.begin(), connections_.end());
  for (const auto& connection : open) {
    if (cut) {
      connection->Cut(Error(ErrorCode::kCancelled, "the server is shutting down"));
    } else {
      connection->CheckTime(now);
    }
  }
}

}  // namespace deltaport::ports::wire
