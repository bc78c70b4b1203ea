#include "ports/wire/connection.h"

#include <algorithm>
#include <random>
#include <span>
#include <utility>

#include <poll.h>

#include "ports/error_mapping.h"
#include "ports/wire/response_head.h"
#include "storage/uri.h"

namespace deltaport::ports::wire {
namespace {

constexpr size_t kBufferBytes = 16 * 1024;
constexpr size_t kSmallBodyBytes = 64 * 1024;  // Copied behind the head rather than gathered.
constexpr size_t kOutKeptBytes = 256 * 1024;   // More is given back after the response.
constexpr int64_t kLingerBytesMax = 64 * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{2};
constexpr size_t kRequestIdMax = 128;
constexpr int kClientClosedRequest = 499;  // In logs and metrics only, as nginx has it.

std::string MakeRequestId() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return fmt::format("{:016x}", random());
}

bool IsGoodRequestId(std::string_view text) {
  return !text.empty() && text.size() <= kRequestIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Response PlainText(int status, std::string text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

Response NotFound() {
  Response response;
  response.status = 404;
  return response;
}

Response Overloaded() {
  Response response = ErrorResponse(503, "the server is overloaded, try again in a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Connection::Connection(IoLoop& loop, Socket socket)
    : loop_(loop), socket_(std::move(socket)), buffer_(kBufferBytes) {
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  if (!error) remote_address_ = endpoint.address().to_string();
  SetPhase(Phase::kIdle);
}

void Connection::SetPhase(Phase phase) {
  phase_ = phase;
  phase_since_ = std::chrono::steady_clock::now();
}

Awaitable<void> Connection::Serve() {
  bool open = true;
  while (open) {
    open = co_await ServeOne();
  }
  if (exchange_) exchange_->request.token.Cancel(Error(ErrorCode::kCancelled, "the client left"));
  if (linger_ && socket_.is_open()) co_await Linger();
  CloseSocket();
  exchange_.reset();
}

void Connection::StartExchange() {
  const auto wake = [weak = weak_from_this(), &context = loop_.context()] {
    if (auto self = weak.lock()) {
      asio::post(context, [self = std::move(self)] { self->signal_.Notify(); });
    }
  };
  exchange_ = std::make_shared<Exchange>(loop_.core().options, loop_.core().workers, wake);
  exchange_->request.remote_address = remote_address_;
  gave_up_ = Status::OK();
  response_bytes_ = 0;
}

Awaitable<bool> Connection::ServeOne() {
  const ServerOptions& options = loop_.core().options;
  StartExchange();
  RequestParser parser(exchange_->request, options.header_max_bytes, options.body_max_bytes);
  const bool has_request = co_await ReadRequest(parser);
  if (!has_request) co_return false;

  loop_.core().load->requests_in_flight.fetch_add(1, std::memory_order_relaxed);
  http_1_0_ = parser.is_http_1_0();
  Request& request = exchange_->request;
  const auto given_id = request.Header("X-Request-Id");
  request.request_id =
      given_id && IsGoodRequestId(*given_id) ? std::string(*given_id) : MakeRequestId();

  SetPhase(Phase::kHandling);
  request_since_ = phase_since_;
  std::optional<Response> replaced = co_await Handle();
  const bool keep_alive = parser.keep_alive() && !loop_.stopping();
  bool sent = false;
  int status = kClientClosedRequest;
  if (replaced) {
    status = replaced->status;
    sent = co_await SendPlain(*replaced, keep_alive);
  } else if (gave_up_.ok()) {
    status = exchange_->response().status;
    if (exchange_->stream() != nullptr) {
      sent = co_await SendStream(keep_alive);
    } else {
      sent = co_await SendPlain(exchange_->response(), keep_alive);
    }
  }
  Observe(status);
  loop_.core().load->requests_in_flight.fetch_sub(1, std::memory_order_relaxed);
  if (out_.capacity() > kOutKeptBytes) std::string().swap(out_);
  co_return sent&& keep_alive;
}

Awaitable<bool> Connection::ReadRequest(RequestParser& parser) {
  SetPhase(buffer_begin_ == buffer_end_ ? Phase::kIdle : Phase::kReading);
  bool started = false;
  bool sent_continue = false;
  while (true) {
    // A line break between requests is not part of either.
    while (!started && buffer_begin_ < buffer_end_ &&
           (buffer_[buffer_begin_] == '\r' || buffer_[buffer_begin_] == '\n')) {
      ++buffer_begin_;
    }
    if (buffer_begin_ < buffer_end_) {
      started = true;
      buffer_begin_ +=
          parser.Consume({buffer_.data() + buffer_begin_, buffer_end_ - buffer_begin_});
      if (parser.rejection()) {
        co_await Reject(*parser.rejection());
        co_return false;
      }
      if (parser.complete()) co_return true;
    }
    if (parser.head_complete() && parser.expects_continue() && !sent_continue) {
      sent_continue = true;
      const bool sent = co_await SendContinue();
      if (!sent) co_return false;
    }
    if (phase_ == Phase::kIdle && loop_.stopping()) co_return false;
    if (!GrowBuffer()) {
      const Rejection too_large{431, "the request header is too large"};
      co_await Reject(too_large);
      co_return false;
    }
    const auto [error, count] = co_await socket_.async_read_some(
        asio::buffer(buffer_.data() + buffer_end_, buffer_.size() - buffer_end_), kAwait);
    if (error) {
      const Rejection too_slow{408, "the request took too long to arrive"};
      if (read_timed_out_) co_await Reject(too_slow);
      co_return false;
    }
    buffer_end_ += count;
    if (phase_ == Phase::kIdle) SetPhase(Phase::kReading);
  }
}

// Makes room behind buffer_end_; false if the largest buffer is full.
bool Connection::GrowBuffer() {
  if (buffer_begin_ == buffer_end_) {
    buffer_begin_ = buffer_end_ = 0;
  } else if (buffer_begin_ > 0 && buffer_end_ == buffer_.size()) {
    std::copy(buffer_.begin() + buffer_begin_, buffer_.begin() + buffer_end_, buffer_.begin());
    buffer_end_ -= buffer_begin_;
    buffer_begin_ = 0;
  }
  if (buffer_end_ < buffer_.size()) return true;
  const size_t limit = static_cast<size_t>(loop_.core().options.header_max_bytes) + kBufferBytes;
  if (buffer_.size() >= limit) return false;
  buffer_.resize(std::min(buffer_.size() * 2, limit));
  return true;
}

Awaitable<bool> Connection::SendContinue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  buffers_.assign(1, asio::const_buffer(kContinue.data(), kContinue.size()));
  const bool sent = co_await WriteBuffers();
  SetPhase(Phase::kReading);
  co_return sent;
}

// The framing of what follows is unknown, so the connection ends; what the client still sends is
// read for a while, because closing with unread bytes could destroy the response on its way.
Awaitable<void> Connection::Reject(const Rejection& rejection) {
  request_since_ = std::chrono::steady_clock::now();
  if (exchange_->request.request_id.empty()) exchange_->request.request_id = MakeRequestId();
  const Response response = PlainText(rejection.status, rejection.text);
  linger_ = co_await SendPlain(response, /*keep_alive=*/false);
  Observe(rejection.status);
}

bool Connection::DecodePathParameters() {
  static thread_local std::vector<std::string_view> encoded;
  Request& request = exchange_->request;
  exchange_->route = loop_.core().router.Find(request.method, request.path, encoded);
  for (const std::string_view parameter : encoded) {
    auto decoded = storage::PercentDecode(parameter);
    if (!decoded.ok()) return false;
    request.path_parameters.push_back(std::move(decoded).ValueUnsafe());
  }
  return true;
}

Awaitable<std::optional<Response>> Connection::Handle() {
  if (!DecodePathParameters()) {
    co_return ErrorResponse(
        Error(ErrorCode::kInvalidArgument, "invalid value: the path is not percent-encoded well"));
  }
  if (exchange_->route == nullptr) co_return NotFound();
  if (exchange_->route->on_io_thread) {
    exchange_->RunOnIoThread();
    co_return std::nullopt;
  }
  ServerCore& core = loop_.core();
  core.load->queued_requests.fetch_add(1, std::memory_order_relaxed);
  const bool accepted = core.workers.Submit([exchange = exchange_, &load = *core.load] {
    load.queued_requests.fetch_sub(1, std::memory_order_relaxed);
    exchange->RunOnWorker(load);
  });
  if (!accepted) {
    core.load->queued_requests.fetch_sub(1, std::memory_order_relaxed);
    co_return Overloaded();
  }
  while (!exchange_->ready() && gave_up_.ok()) {
    co_await signal_.Wait();
  }
  if (exchange_->ready() || CodeOf(gave_up_) != ErrorCode::kDeadlineExceeded)
    co_return std::nullopt;
  co_return ErrorResponse(gave_up_);
}

Awaitable<bool> Connection::SendPlain(const Response& response, bool keep_alive) {
  out_.clear();
  ResponseFraming framing{.content_length = static_cast<int64_t>(response.body.size()),
                          .http_1_0 = http_1_0_,
                          .keep_alive = keep_alive,
                          .date = loop_.date(),
                          .request_id = exchange_->request.request_id};
  AppendResponseHead(response, framing, out_);
  const bool with_body = exchange_->request.method != Method::kHead;
  const bool copied = with_body && response.body.size() <= kSmallBodyBytes;
  if (copied) out_ += response.body;
  buffers_.assign(1, asio::buffer(out_));
  if (with_body && !copied) buffers_.push_back(asio::buffer(response.body));
  const bool sent = co_await WriteBuffers();
  co_return sent;
}

Awaitable<bool> Connection::SendStream(bool keep_alive) {
  ResponseStream& stream = *exchange_->stream();
  const bool chunked = !http_1_0_;
  bool head_sent = false;
  while (true) {
    ResponseStream::Pieces taken = stream.Take();
    if (taken.finished && !taken.status.ok()) {
      if (!head_sent) {
        const Response failed = ErrorResponse(taken.status);
        const bool sent = co_await SendPlain(failed, keep_alive);
        co_return sent;
      }
      // Without chunks only a reset tells the client that this is not the end.
      boost::system::error_code ignored;
      if (!chunked) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
      co_return false;
    }
    out_.clear();
    if (!std::exchange(head_sent, true)) {
      AppendResponseHead(exchange_->response(),
                         {.content_length = std::nullopt,
                          .http_1_0 = http_1_0_,
                          .keep_alive = keep_alive && chunked,
                          .date = loop_.date(),
                          .request_id = exchange_->request.request_id},
                         out_);
    }
    size_t size = 0;
    for (const std::string& piece : taken.pieces) size += piece.size();
    if (chunked && size > 0) fmt::format_to(std::back_inserter(out_), "{:x}\r\n", size);
    buffers_.assign(1, asio::buffer(out_));
    for (const std::string& piece : taken.pieces) buffers_.push_back(asio::buffer(piece));
    if (chunked && size > 0) buffers_.push_back(asio::buffer("\r\n", 2));
    if (chunked && taken.finished) buffers_.push_back(asio::buffer("0\r\n\r\n", 5));
    const bool written = co_await WriteBuffers();
    stream.Sent(static_cast<int64_t>(size));
    if (!written) co_return false;
    if (taken.finished) co_return chunked;
    SetPhase(Phase::kAwaitingPiece);
    while (!stream.ready() && gave_up_.ok()) {
      co_await signal_.Wait();
    }
    if (!gave_up_.ok()) co_return false;
  }
}

Awaitable<bool> Connection::WriteBuffers() {
  SetPhase(Phase::kWriting);
  size_t first = 0;
  while (first < buffers_.size()) {
    boost::system::error_code error;
    const std::span<const asio::const_buffer> rest(buffers_.data() + first,
                                                   buffers_.size() - first);
    size_t count = socket_.write_some(rest, error);
    if (error == asio::error::would_block) {
      const auto [wait_error] = co_await socket_.async_wait(Socket::wait_write, kAwait);
      if (wait_error || !socket_.is_open()) co_return false;
      continue;
    }
    if (error) co_return false;
    response_bytes_ += static_cast<int64_t>(count);
    phase_since_ = std::chrono::steady_clock::now();
    while (first < buffers_.size() && count >= buffers_[first].size()) {
      count -= buffers_[first++].size();
    }
    if (count > 0) buffers_[first] += count;
  }
  co_return true;
}

Awaitable<void> Connection::Linger() {
  SetPhase(Phase::kLingering);
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  int64_t discarded = 0;
  while (discarded < kLingerBytesMax) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(buffer_), kAwait);
    if (error) co_return;
    discarded += static_cast<int64_t>(count);
  }
}

void Connection::CheckTime(SteadyTime now) {
  const ServerOptions& options = loop_.core().options;
  const auto elapsed = now - phase_since_;
  switch (phase_) {
    case Phase::kIdle:
      if (elapsed > options.idle_timeout) CloseSocket();
      break;
    case Phase::kReading:
      if (elapsed > options.read_timeout) {
        read_timed_out_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
      }
      break;
    case Phase::kHandling:
    case Phase::kAwaitingPiece:
      if (elapsed > options.request_timeout) {
        GiveUp(Error(ErrorCode::kDeadlineExceeded, "request timed out"));
      } else if (ClientLeft()) {
        GiveUp(Error(ErrorCode::kCancelled, "the client left"));
      }
      break;
    case Phase::kWriting:
      if (elapsed > options.request_timeout) {
        Cut(Error(ErrorCode::kDeadlineExceeded, "the client took no byte for too long"));
      }
      break;
    case Phase::kLingering:
      if (elapsed > kLingerTime) CloseSocket();
      break;
  }
}

void Connection::CloseIfIdle() {
  if (phase_ == Phase::kIdle) CloseSocket();
}

void Connection::Cut(const Status& reason) {
  GiveUp(reason);
  CloseSocket();
}

void Connection::GiveUp(const Status& reason) {
  if (!gave_up_.ok() || !exchange_) return;
  gave_up_ = reason;
  exchange_->request.token.Cancel(reason);
  signal_.Notify();
}

// Asks the kernel rather than reading: unread pipelined requests may stand before the end.
bool Connection::ClientLeft() {
  pollfd query{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
  return poll(&query, 1, 0) > 0 && (query.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::Observe(int status) {
  const ServerCore& core = loop_.core();
  if (!core.observer) return;
  const Request& request = exchange_->request;
  std::string_view route = "unmatched";
  if (exchange_->route != nullptr) {
    route = exchange_->route->metric_label.empty() ? exchange_->route->pattern
                                                   : exchange_->route->metric_label;
  }
  core.observer({.remote_address = request.remote_address,
                 .method = MethodName(request.method),
                 .target = request.target,
                 .route = route,
                 .request_id = request.request_id,
                 .status = status,
                 .response_bytes = response_bytes_,
                 .duration = std::chrono::steady_clock::now() - request_since_});
}

void Connection::CloseSocket() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace deltaport::ports::wire
