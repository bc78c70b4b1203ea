// One client connection: reads requests, has them handled, sends the responses in order.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/wire/exchange.h"
#include "ports/wire/io_loop.h"
#include "ports/wire/loop_signal.h"
#include "ports/wire/request_parser.h"

namespace deltaport::ports::wire {

// Lives on its loop's thread; only the wake-up of an Exchange comes from others.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(IoLoop& loop, Socket socket);

  // Until the client leaves, a time-out, an error, or shutdown.
  Awaitable<void> Serve();

  // Ends what has taken too long, and requests whose client has left.
  void CheckTime(SteadyTime now);

  void CloseIfIdle();

  // Cancels the running request and closes the socket.
  void Cut(const Status& reason);

 private:
  enum class Phase { kIdle, kReading, kHandling, kAwaitingPiece, kWriting, kLingering };

  void SetPhase(Phase phase);

  // One request and its response; false if the connection ends.
  Awaitable<bool> ServeOne();
  // False if there is no request; a bad one was answered.
  Awaitable<bool> ReadRequest(RequestParser& parser);
  Awaitable<bool> SendContinue();
  Awaitable<void> Reject(const Rejection& rejection);
  // Fills exchange_'s response, or returns one that replaces it. None and gave_up_: no response.
  Awaitable<std::optional<Response>> Handle();
  bool DecodePathParameters();

  Awaitable<bool> SendPlain(const Response& response, bool keep_alive);
  Awaitable<bool> SendStream(bool keep_alive);
  // Sends all of `buffers_`; false if the client is gone.
  Awaitable<bool> WriteBuffers();
  Awaitable<void> Linger();

  void StartExchange();
  // The running request gets no response from its handler.
  void GiveUp(const Status& reason);
  bool ClientLeft();
  void Observe(int status);
  void CloseSocket();
  bool GrowBuffer();

  IoLoop& loop_;
  Socket socket_;
  LoopSignal signal_;
  std::string remote_address_;

  // Bytes read and not yet parsed: buffer_[buffer_begin_, buffer_end_).
  std::vector<char> buffer_;
  size_t buffer_begin_ = 0;
  size_t buffer_end_ = 0;

  std::string out_;  // Head, or frame of a chunk.
  std::vector<asio::const_buffer> buffers_;
  std::shared_ptr<Exchange> exchange_;
  bool http_1_0_ = false;
  Status gave_up_;  // Not OK: nobody waits for the exchange any more.
  bool read_timed_out_ = false;
  bool linger_ = false;

  Phase phase_ = Phase::kIdle;
  SteadyTime phase_since_;
  SteadyTime request_since_;
  int64_t response_bytes_ = 0;
};

}  // namespace deltaport::ports::wire
