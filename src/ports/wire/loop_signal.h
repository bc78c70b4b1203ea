// Lets one coroutine sleep until somebody on the same I/O thread wakes it.

#pragma once

#include <optional>
#include <utility>

#include "ports/wire/io_loop.h"

namespace deltaport::ports::wire {

// A notification that comes while nobody waits is kept for the next Wait(). Not thread-safe.
class LoopSignal {
 public:
  Awaitable<void> Wait() {
    if (!std::exchange(notified_, false)) {
      co_await asio::async_initiate<const Token, void()>(
          [this](auto&& waiter) { waiter_.emplace(std::forward<decltype(waiter)>(waiter)); },
          kToken);
    }
  }

  void Notify() {
    if (!waiter_) {
      notified_ = true;
      return;
    }
    auto waiter = std::move(*waiter_);
    waiter_.reset();
    std::move(waiter)();
  }

 private:
  using Token = asio::use_awaitable_t<LoopExecutor>;
  using Waiter = typename asio::async_result<Token, void()>::handler_type;
  static constexpr Token kToken{};

  std::optional<Waiter> waiter_;
  bool notified_ = false;
};

}  // namespace deltaport::ports::wire
