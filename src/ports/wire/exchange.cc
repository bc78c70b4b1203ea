#include "ports/wire/exchange.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "base/log.h"
#include "ports/error_mapping.h"

namespace deltaport::ports::wire {
namespace {

// Runs foreign code, whose exceptions end here.
Response CallHandler(const Route& route, const Request& request) {
  try {
    return route.handler(request);
  } catch (const std::exception& error) {
    log::Error("a handler threw", {{"route", route.pattern}, {"reason", error.what()}});
    return ErrorResponse(Error(ErrorCode::kInternal, "internal error: {}", error.what()));
  }
}

bool OptedOut(const Request& request) {
  if (request.Header("X-No-Compress") == "1") return true;
  const auto value = request.QueryValue("compress");
  if (!value) return false;
  static constexpr std::array<std::string_view, 4> kOff = {"false", "0", "no", "off"};
  return std::ranges::any_of(kOff,
                             [&](std::string_view off) { return EqualsIgnoringCase(*value, off); });
}

bool HasHeader(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (EqualsIgnoringCase(key, name)) return true;
  }
  return false;
}

// Bodies whose format is compressed already, or that clients map into memory as they come.
bool Encodable(const Response& response) {
  const std::string_view type = response.content_type;
  return response.status != 206 && !type.starts_with("application/vnd.apache.arrow") &&
         !type.starts_with("image/") && !type.starts_with("font/") &&
         !HasHeader(response, "Content-Encoding");
}

// Writes into the stream of an exchange, through the encoder if there is one.
class StreamWriter final : public BodyWriter {
 public:
  StreamWriter(ResponseStream& stream, Encoder* encoder, const CancelToken& token)
      : stream_(stream), encoder_(encoder), token_(token) {}

  Status Write(std::string bytes) override {
    ARROW_RETURN_NOT_OK(token_.Check());
    if (bytes.empty()) return Status::OK();
    if (encoder_ == nullptr) return stream_.Push(std::move(bytes), token_);
    std::string encoded;
    ARROW_RETURN_NOT_OK(encoder_->Append(bytes, encoded));
    return stream_.Push(std::move(encoded), token_);
  }

  Status Finish() {
    if (encoder_ == nullptr) return Status::OK();
    std::string encoded;
    ARROW_RETURN_NOT_OK(encoder_->Finish(encoded));
    return stream_.Push(std::move(encoded), token_);
  }

 private:
  ResponseStream& stream_;
  Encoder* encoder_;
  const CancelToken& token_;
};

}  // namespace

ResponseStream::ResponseStream(int64_t capacity_bytes, WorkerPool& workers,
                               std::function<void()> wake)
    : capacity_bytes_(capacity_bytes), workers_(workers), wake_(std::move(wake)) {}

Status ResponseStream::Push(std::string piece, const CancelToken& token) {
  const int64_t size = static_cast<int64_t>(piece.size());
  std::unique_lock guard(lock_);
  const auto has_room = [&] {
    return token.cancelled() || bytes_on_the_way_ == 0 ||
           bytes_on_the_way_ + size <= capacity_bytes_;
  };
  if (!has_room()) {
    workers_.BeginWaiting();
    changed_.wait(guard, has_room);
    workers_.EndWaiting();
  }
  ARROW_RETURN_NOT_OK(token.Check());
  const bool was_empty = pieces_.empty();
  bytes_on_the_way_ += size;
  pieces_.push_back(std::move(piece));
  guard.unlock();
  if (was_empty) wake_();
  return Status::OK();
}

void ResponseStream::Finish(Status status) {
  {
    const std::lock_guard guard(lock_);
    finished_ = true;
    status_ = std::move(status);
  }
  wake_();
}

void ResponseStream::WakeProducer() {
  const std::lock_guard guard(lock_);
  changed_.notify_all();
}

ResponseStream::Pieces ResponseStream::Take() {
  const std::lock_guard guard(lock_);
  Pieces taken{std::move(pieces_), finished_, status_};
  pieces_.clear();
  return taken;
}

void ResponseStream::Sent(int64_t bytes) {
  const std::lock_guard guard(lock_);
  bytes_on_the_way_ -= bytes;
  changed_.notify_all();
}

bool ResponseStream::ready() const {
  const std::lock_guard guard(lock_);
  return finished_ || !pieces_.empty();
}

Exchange::Exchange(const ServerOptions& options, WorkerPool& workers, std::function<void()> wake)
    : options_(options),
      wake_(wake),
      stream_(options.stream_buffer_bytes, workers, std::move(wake)) {}

void Exchange::RunOnIoThread() {
  response_ = CallHandler(*route, request);
  PublishPlain();
}

void Exchange::RunOnWorker(ServerLoad& load) {
  if (request.token.cancelled()) {
    response_ = ErrorResponse(request.token.Check());
  } else {
    response_ = CallHandler(*route, request);
  }
  const BodyProducer producer = std::exchange(response_.producer, nullptr);
  if (!producer || request.method == Method::kHead) {
    PublishPlain();
  } else if (load.streams.fetch_add(1) < options_.streams_max) {
    RunProducer(producer);
    load.streams.fetch_sub(1);
    return;
  } else {
    load.streams.fetch_sub(1);
    response_ = ErrorResponse(Error(ErrorCode::kUnavailable,
                                    "too many streams at once (limit: {}), try again later",
                                    options_.streams_max));
    response_.headers.emplace_back("Retry-After", "1");
    PublishPlain();
  }
  wake_();
}

void Exchange::PublishPlain() {
  if (const Status status = ApplyCoding(/*streamed=*/false); !status.ok()) {
    response_ = ErrorResponse(status);
  }
  complete_.store(true, std::memory_order_release);
}

void Exchange::RunProducer(const BodyProducer& producer) {
  const Status coding = ApplyCoding(/*streamed=*/true);
  if (!coding.ok() || response_.status == 406) {
    if (!coding.ok()) response_ = ErrorResponse(coding);
    complete_.store(true, std::memory_order_release);
    wake_();
    return;
  }
  streams_.store(true, std::memory_order_release);
  const auto registration = request.token.OnCancel([this] { stream_.WakeProducer(); });
  StreamWriter writer(stream_, encoder_.get(), request.token);
  Status status;
  try {
    status = producer(writer);
    if (status.ok()) status = writer.Finish();
  } catch (const std::exception& error) {
    status = Error(ErrorCode::kInternal, "internal error: {}", error.what());
  }
  if (!status.ok() && !request.token.cancelled()) {
    log::Error("a streamed response failed",
               {{"route", route->pattern}, {"reason", status.message()}});
  }
  stream_.Finish(std::move(status));
}

Status Exchange::ApplyCoding(bool streamed) {
  if (!options_.compress || !Encodable(response_)) return Status::OK();
  const auto accepted = request.Header("Accept-Encoding");
  if (OptedOut(request)) {
    response_.headers.emplace_back("Content-Encoding", "identity");
    return Status::OK();
  }
  if (!accepted) return Status::OK();
  const std::optional<ContentCoding> coding = NegotiateCoding(*accepted);
  if (!coding) {
    response_ = Response{};
    response_.status = 406;
    return Status::OK();
  }
  if (*coding == ContentCoding::kIdentity || (!streamed && response_.body.empty())) {
    return Status::OK();
  }
  if (streamed) {
    ARROW_ASSIGN_OR_RAISE(encoder_, Encoder::Make(*coding));
  } else {
    ARROW_ASSIGN_OR_RAISE(response_.body, Encode(*coding, response_.body));
  }
  response_.headers.emplace_back("Content-Encoding", ContentCodingName(*coding));
  response_.headers.emplace_back("Vary", "accept-encoding");
  return Status::OK();
}

bool Exchange::ready() const {
  if (complete_.load(std::memory_order_acquire)) return true;
  return streams_.load(std::memory_order_acquire) && stream_.ready();
}

}  // namespace deltaport::ports::wire
