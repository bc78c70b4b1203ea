#include "base/cancel_token.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace deltaport {

// `lock` is held while the callback runs, so that unregistering waits for it. It is recursive
// because a callback may destroy its own registration.
struct CancelToken::Registration::Entry {
  std::recursive_mutex lock;
  std::function<void()> callback;

  void Run() {
    const std::lock_guard guard(lock);
    if (auto once = std::exchange(callback, nullptr)) once();
  }
};

struct CancelToken::State {
  std::atomic<bool> cancelled = false;
  std::mutex lock;
  Status reason;
  std::vector<std::weak_ptr<Registration::Entry>> entries;
};

CancelToken::Registration& CancelToken::Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    Registration released(std::move(*this));
    entry_ = std::move(other.entry_);
  }
  return *this;
}

CancelToken::Registration::~Registration() {
  if (!entry_) return;
  const std::lock_guard guard(entry_->lock);
  entry_->callback = nullptr;
}

CancelToken::CancelToken() : state_(std::make_shared<State>()) {}

void CancelToken::Cancel(Status reason) const {
  std::vector<std::weak_ptr<Registration::Entry>> entries;
  {
    const std::lock_guard guard(state_->lock);
    if (state_->cancelled.load()) return;
    state_->reason = std::move(reason);
    state_->cancelled.store(true);
    entries.swap(state_->entries);
  }
  for (const auto& weak : entries) {
    if (auto entry = weak.lock()) entry->Run();
  }
}

bool CancelToken::cancelled() const { return state_->cancelled.load(std::memory_order_acquire); }

Status CancelToken::Check() const {
  if (!cancelled()) return Status::OK();
  const std::lock_guard guard(state_->lock);
  return state_->reason;
}

CancelToken::Registration CancelToken::OnCancel(std::function<void()> callback) const {
  Registration registration;
  registration.entry_ = std::make_shared<Registration::Entry>();
  registration.entry_->callback = std::move(callback);
  {
    const std::lock_guard guard(state_->lock);
    if (!state_->cancelled.load()) {
      std::erase_if(state_->entries, [](const auto& weak) { return weak.expired(); });
      state_->entries.push_back(registration.entry_);
      return registration;
    }
  }
  registration.entry_->Run();
  return registration;
}

}  // namespace deltaport
