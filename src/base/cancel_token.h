// Tells running work that nobody waits for it any more.
//
// A token is a cheap, copyable handle on shared state; all members may be called from any thread.
// Long loops call Check(); blocking work registers a callback that wakes or interrupts it.

#pragma once

#include <functional>
#include <memory>

#include "base/error.h"

namespace deltaport {

class CancelToken {
 public:
  // Keeps a callback registered; destroying it unregisters, waiting for a callback that is running.
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&&) noexcept = default;
    Registration& operator=(Registration&& other) noexcept;
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration();

   private:
    friend class CancelToken;
    struct Entry;
    std::shared_ptr<Entry> entry_;
  };

  CancelToken();

  // The first call wins; later ones change nothing. `reason` must be an error, usually kCancelled
  // or kDeadlineExceeded. Callbacks run on the calling thread before this returns.
  void Cancel(Status reason) const;

  bool cancelled() const;

  // OK, or the reason given to Cancel().
  Status Check() const;

  // `callback` runs once: on the cancelling thread, or at once if the token is already cancelled.
  [[nodiscard]] Registration OnCancel(std::function<void()> callback) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace deltaport
