#include "base/thread_team.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace deltaport {

Status RunTasks(size_t tasks, size_t threads_max, const std::function<Status(size_t)>& task) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex lock;
  size_t first_failure = tasks;
  Status failure;
  const auto work = [&] {
    while (!failed.load(std::memory_order_relaxed)) {
      const size_t number = next.fetch_add(1, std::memory_order_relaxed);
      if (number >= tasks) return;
      Status status = task(number);
      if (status.ok()) continue;
      failed = true;
      const std::lock_guard guard(lock);
      if (number < first_failure) {
        first_failure = number;
        failure = std::move(status);
      }
    }
  };
  const size_t cores = std::max<size_t>(2, std::thread::hardware_concurrency());
  const size_t threads = std::min({tasks, threads_max, cores});
  std::vector<std::jthread> team;
  for (size_t i = 1; i < threads; ++i) {
    try {
      team.emplace_back(work);
    } catch (const std::system_error&) {
      break;  // No more threads to be had: those that are there do it all.
    }
  }
  work();
  team.clear();
  return failure;
}

Status RunRanges(int64_t rows, int64_t rows_per_task, size_t threads_max,
                 const std::function<Status(int64_t first, int64_t last)>& task) {
  const auto tasks = static_cast<size_t>((rows + rows_per_task - 1) / rows_per_task);
  return RunTasks(tasks, threads_max, [&](size_t number) {
    const int64_t first = static_cast<int64_t>(number) * rows_per_task;
    return task(first, std::min(first + rows_per_task, rows));
  });
}

}  // namespace deltaport
