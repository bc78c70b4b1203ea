// One request and its response on the way between an I/O thread and a worker.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ports/wire/compression.h"
#include "ports/wire/http_message.h"
#include "ports/wire/server.h"
#include "ports/wire/worker_pool.h"

namespace deltaport::ports::wire {

// The pieces of a streamed body: a worker writes, the I/O thread sends. At most `capacity_bytes`
// (or one piece) are on the way; more block the worker.
class ResponseStream {
 public:
  struct Pieces {
    std::vector<std::string> pieces;
    bool finished = false;
    Status status;  // Of the producer, once finished.
  };

  // `wake` tells the I/O thread that there is something to take; called on the worker's thread.
  ResponseStream(int64_t capacity_bytes, WorkerPool& workers, std::function<void()> wake);

  // For the worker. Fails with the token's reason.
  Status Push(std::string piece, const CancelToken& token);
  void Finish(Status status);

  // Makes a blocked Push look at its token again. From any thread.
  void WakeProducer();

  // For the I/O thread: what has come since the last call, never blocks.
  Pieces Take();
  // These bytes are on the wire now.
  void Sent(int64_t bytes);
  // Something to take, or finished.
  bool ready() const;

 private:
  const int64_t capacity_bytes_;
  WorkerPool& workers_;
  const std::function<void()> wake_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::string> pieces_;
  int64_t bytes_on_the_way_ = 0;
  bool finished_ = false;
  Status status_;
};

// Shared by the connection and the worker, so that either may go on after the other gave up.
class Exchange {
 public:
  // `wake` tells the I/O thread that ready() may have changed; called on a worker thread.
  Exchange(const ServerOptions& options, WorkerPool& workers, std::function<void()> wake);

  Request request;
  const Route* route = nullptr;

  // Runs the handler and the producer to their end. On a worker thread.
  void RunOnWorker(ServerLoad& load);
  // Runs the handler of a route that is meant for it. On the I/O thread.
  void RunOnIoThread();

  // The response can be sent: complete, or its head with a stream that has begun.
  bool ready() const;
  // Valid once ready(); belongs to the I/O thread then.
  Response& response() { return response_; }
  // Null for a response with a plain body.
  ResponseStream* stream() { return streams_.load() ? &stream_ : nullptr; }

 private:
  void PublishPlain();
  void RunProducer(const BodyProducer& producer);
  // Chooses the coding of the response; encodes a plain body, or makes the encoder of a stream.
  Status ApplyCoding(bool streamed);

  const ServerOptions& options_;
  const std::function<void()> wake_;
  Response response_;  // The worker's until complete_ or streams_ is set, then the I/O thread's.
  std::atomic<bool> complete_ = false;
  std::atomic<bool> streams_ = false;
  std::unique_ptr<Encoder> encoder_;
  ResponseStream stream_;
};

}  // namespace deltaport::ports::wire
