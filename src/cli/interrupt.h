// SIGINT and SIGTERM as the cancelling of a token.

#pragma once

#include <atomic>
#include <thread>

#include "base/cancel_token.h"

namespace deltaport::cli {

// While one exists, the first signal cancels the token with kCancelled and the second ends the
// process at once with 128 + its number. Make it before any other thread, so that all threads leave
// the signals to it.
class InterruptWatch {
 public:
  explicit InterruptWatch(CancelToken token);
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  // The signal that cancelled the token; 0 while there was none.
  int signal() const { return signal_; }

 private:
  void Watch(const CancelToken& token);

  std::atomic<int> signal_ = 0;
  int signal_fd_ = -1;
  int stop_fd_ = -1;
  std::thread thread_;
};

}  // namespace deltaport::cli
