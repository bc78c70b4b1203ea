// A queue between threads that holds a bounded amount of bytes.
//
// Thread-safe. Producers block while the channel is full, consumers while it is empty; closing or
// cancelling wakes both. An item that is bigger than the bound passes when the channel is empty.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport {

template <typename T>
class BoundedChannel {
 public:
  // `capacity_bytes` counts what producers declare. Once `token` is cancelled Push and Pop fail
  // with its reason.
  BoundedChannel(int64_t capacity_bytes, CancelToken token)
      : capacity_bytes_(capacity_bytes),
        token_(std::move(token)),
        registration_(token_.OnCancel([this] {
          const std::lock_guard guard(lock_);
          changed_.notify_all();
        })) {}

  // Blocks while the channel is full. Fails with the token's reason, or kCancelled if the consumer
  // has closed the channel.
  Status Push(T item, int64_t size_bytes) {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] {
      return token_.cancelled() || closed_ || items_.empty() ||
             used_bytes_ + size_bytes <= capacity_bytes_;
    });
    ARROW_RETURN_NOT_OK(token_.Check());
    if (closed_) return Error(ErrorCode::kCancelled, "the channel was closed by its reader");
    items_.emplace_back(std::move(item), size_bytes);
    used_bytes_ += size_bytes;
    changed_.notify_all();
    return Status::OK();
  }

  // Blocks while the channel is empty. No item: closed, and all items were taken. Fails with the
  // token's reason or the error given to Close().
  Result<std::optional<T>> Pop() {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [&] { return token_.cancelled() || closed_ || !items_.empty(); });
    ARROW_RETURN_NOT_OK(token_.Check());
    if (items_.empty()) {
      ARROW_RETURN_NOT_OK(status_);
      return std::optional<T>();
    }
    auto [item, size_bytes] = std::move(items_.front());
    items_.pop_front();
    used_bytes_ -= size_bytes;
    changed_.notify_all();
    return std::optional<T>(std::move(item));
  }

  // No more items follow; readers get what is left, then `status`. The first call wins.
  void Close(Status status = Status::OK()) {
    const std::lock_guard guard(lock_);
    if (closed_) return;
    closed_ = true;
    status_ = std::move(status);
    changed_.notify_all();
  }

  int64_t used_bytes() const {
    const std::lock_guard guard(lock_);
    return used_bytes_;
  }

 private:
  const int64_t capacity_bytes_;
  const CancelToken token_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::pair<T, int64_t>> items_;
  int64_t used_bytes_ = 0;
  bool closed_ = false;
  Status status_;
  CancelToken::Registration registration_;  // Last: its callback uses the members above.
};

}  // namespace deltaport
