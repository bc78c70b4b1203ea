// Threads that run handlers, with a bounded queue.
//
// A task that has to wait for a client says so (BeginWaiting): its thread then does not count, and
// another one takes over, so slow readers never stop other requests.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace deltaport::ports::wire {

class WorkerPool {
 public:
  using Task = std::function<void()>;

  // At most `threads` tasks compute at once, at most `queue_max` wait. Threads start when needed;
  // there are never more than `threads + waiting_max`.
  WorkerPool(int threads, int queue_max, int waiting_max);
  // Finishes queued tasks first.
  ~WorkerPool();

  // False if the queue is full, or after Close().
  bool Submit(Task task);

  // Called by a running task around a wait for somebody outside. Never more than `waiting_max`
  // tasks at once may wait.
  void BeginWaiting();
  void EndWaiting();

  // Runs what is queued, then joins the threads.
  void Close();

  int queued() const;

 private:
  void StartThreadIfNeeded();
  void RunThread();

  const int threads_;
  const int queue_max_;
  const int thread_max_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Task> queue_;
  std::vector<std::thread> started_;
  int computing_ = 0;  // Threads inside a task that does not wait.
  int idle_ = 0;
  bool closed_ = false;
};

}  // namespace deltaport::ports::wire
