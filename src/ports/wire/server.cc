#include "ports/wire/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "ports/wire/io_loop.h"

namespace deltaport::ports::wire {
namespace {

using asio::ip::tcp;

constexpr int kThreadsMax = 1024;

Status CheckOptions(const ServerOptions& options) {
  const auto positive = [](std::string_view name, int64_t value) {
    if (value > 0) return Status::OK();
    return Error(ErrorCode::kInvalidArgument, "{} must be greater than 0 (got {})", name, value);
  };
  ARROW_RETURN_NOT_OK(positive("worker_queue_max", options.worker_queue_max));
  ARROW_RETURN_NOT_OK(positive("connections_max", options.connections_max));
  ARROW_RETURN_NOT_OK(positive("streams_max", options.streams_max));
  ARROW_RETURN_NOT_OK(positive("header_max_bytes", options.header_max_bytes));
  ARROW_RETURN_NOT_OK(positive("body_max_bytes", options.body_max_bytes));
  ARROW_RETURN_NOT_OK(positive("stream_buffer_bytes", options.stream_buffer_bytes));
  ARROW_RETURN_NOT_OK(positive("request_timeout", options.request_timeout.count()));
  ARROW_RETURN_NOT_OK(positive("read_timeout", options.read_timeout.count()));
  ARROW_RETURN_NOT_OK(positive("idle_timeout", options.idle_timeout.count()));
  for (const int threads : {options.io_threads, options.worker_threads}) {
    if (threads < 0 || threads > kThreadsMax) {
      return Error(ErrorCode::kInvalidArgument, "a number of threads must be 0 to {} (got {})",
                   kThreadsMax, threads);
    }
  }
  return Status::OK();
}

// A name or a literal address, IPv6 with or without brackets.
Result<tcp::endpoint> Resolve(const ServerOptions& options) {
  std::string host = options.address;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code error;
  const auto literal = asio::ip::make_address(host, error);
  if (!error) return tcp::endpoint(literal, options.port);
  asio::io_context context;
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "cannot resolve the listen address '{}': {}; give a host name or an address",
                 options.address, error.message());
  }
  return found.begin()->endpoint();
}

// SO_REUSEPORT would let a second server share the port silently; this finds the first one.
Status CheckPortIsFree(const tcp::endpoint& endpoint) {
  if (endpoint.port() == 0) return Status::OK();
  asio::io_context context;
  tcp::acceptor probe(context);
  boost::system::error_code error;
  probe.open(endpoint.protocol(), error);
  if (!error) probe.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) probe.bind(endpoint, error);
  if (!error) return Status::OK();
  return Error(ErrorCode::kInvalidArgument,
               "cannot listen on {}:{}: {}; choose another address or port, or 0 for any free port",
               endpoint.address().to_string(), endpoint.port(), error.message());
}

class AsioServer final : public Server {
 public:
  AsioServer(const ServerOptions& options, Router router, RequestObserver observer,
             int worker_threads)
      : core_{
            .options = options,
            .router = std::move(router),
            .observer = std::move(observer),
            .load = options.load ? options.load : std::make_shared<ServerLoad>(),
            .workers = WorkerPool(worker_threads, options.worker_queue_max, options.streams_max)} {}

  // Handlers use the loops to report; they end first.
  ~AsioServer() override { core_.workers.Close(); }

  Status Listen(tcp::endpoint endpoint, int io_threads) {
    ARROW_RETURN_NOT_OK(CheckPortIsFree(endpoint));
    for (int i = 0; i < io_threads; ++i) {
      loops_.push_back(std::make_unique<IoLoop>(core_));
      ARROW_RETURN_NOT_OK(loops_.back()->Listen(endpoint));
      endpoint.port(loops_.front()->port());
    }
    port_ = endpoint.port();
    return Status::OK();
  }

  uint16_t port() const override { return port_; }

  Status Run() override {
    std::vector<std::thread> threads;
    for (const auto& loop : loops_) threads.emplace_back([&loop] { loop->Run(); });
    for (auto& thread : threads) thread.join();
    core_.workers.Close();
    return Status::OK();
  }

  void Shutdown() override {
    const SteadyTime deadline = std::chrono::steady_clock::now() + core_.options.shutdown_timeout;
    for (const auto& loop : loops_) loop->BeginShutdown(deadline);
  }

 private:
  ServerCore core_;
  std::vector<std::unique_ptr<IoLoop>> loops_;
  uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Bind(const ServerOptions& options,
                                             std::vector<Route> routes, RequestObserver observer) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  ARROW_ASSIGN_OR_RAISE(Router router, Router::Make(std::move(routes)));
  ARROW_ASSIGN_OR_RAISE(const tcp::endpoint endpoint, Resolve(options));
  const int cores = std::max(1u, std::thread::hardware_concurrency());
  const int io_threads = options.io_threads > 0 ? options.io_threads : cores;
  const int workers = options.worker_threads > 0 ? options.worker_threads : 2 * cores;
  auto server =
      std::make_unique<AsioServer>(options, std::move(router), std::move(observer), workers);
  ARROW_RETURN_NOT_OK(server->Listen(endpoint, io_threads));
  return server;
}

}  // namespace deltaport::ports::wire
