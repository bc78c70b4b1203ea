#include "ports/wire/worker_pool.h"

#include <system_error>
#include <utility>

#include "base/log.h"

namespace deltaport::ports::wire {

WorkerPool::WorkerPool(int threads, int queue_max, int waiting_max)
    : threads_(threads), queue_max_(queue_max), thread_max_(threads + waiting_max) {}

WorkerPool::~WorkerPool() { Close(); }

bool WorkerPool::Submit(Task task) {
  const std::lock_guard guard(lock_);
  if (closed_) return false;
  // A task that a free thread takes at once does not wait.
  const int free_threads = threads_ - computing_;
  if (static_cast<int>(queue_.size()) >= queue_max_ + std::max(free_threads, 0)) return false;
  queue_.push_back(std::move(task));
  StartThreadIfNeeded();
  changed_.notify_one();
  return true;
}

void WorkerPool::BeginWaiting() {
  const std::lock_guard guard(lock_);
  --computing_;
  StartThreadIfNeeded();
  changed_.notify_one();
}

void WorkerPool::EndWaiting() {
  // More than `threads_` tasks compute for a moment; threads that finish do not take new ones then.
  const std::lock_guard guard(lock_);
  ++computing_;
}

void WorkerPool::Close() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard guard(lock_);
    closed_ = true;
    threads.swap(started_);
    changed_.notify_all();
  }
  for (auto& thread : threads) thread.join();
}

int WorkerPool::queued() const {
  const std::lock_guard guard(lock_);
  return static_cast<int>(queue_.size());
}

// Called with the lock held.
void WorkerPool::StartThreadIfNeeded() {
  const bool work_waits = static_cast<int>(queue_.size()) > idle_;
  if (!work_waits || closed_ || static_cast<int>(started_.size()) >= thread_max_) return;
  if (computing_ + idle_ >= threads_) return;
  try {
    started_.emplace_back([this] { RunThread(); });
    ++idle_;
  } catch (const std::system_error& error) {
    // The threads that exist go on; with none at all the task waits for its time-out.
    log::Error("a worker thread could not be started", {{"reason", error.what()}});
  }
}

void WorkerPool::RunThread() {
  std::unique_lock guard(lock_);
  while (true) {
    changed_.wait(guard, [&] {
      return (!queue_.empty() && computing_ < threads_) || (closed_ && queue_.empty());
    });
    if (queue_.empty()) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    --idle_;
    ++computing_;
    guard.unlock();
    task();
    task = nullptr;
    guard.lock();
    --computing_;
    ++idle_;
    if (closed_) {
      changed_.notify_all();
    } else if (!queue_.empty()) {
      changed_.notify_one();
    }
  }
}

}  // namespace deltaport::ports::wire
