// A line on standard error that tells how far a long piece of work is.
//
// Shows nothing in the first two seconds, nothing when standard error is not a terminal, and wipes
// itself at the end.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace deltaport::cli {

class Progress {
 public:
  // `rows_expected` of -1: unknown, so there is a counter and no bar.
  Progress(int64_t rows_expected, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // From any thread.
  void AddRows(int64_t rows) { rows_.fetch_add(rows, std::memory_order_relaxed); }

 private:
  void Show();

  const int64_t rows_expected_;
  std::atomic<int64_t> rows_ = 0;
  std::mutex lock_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

// "[#####...............]  25 %  1234567 of 5000000 rows, 3 s", without the bar if the number is
// not known.
std::string ProgressLine(int64_t rows, int64_t rows_expected, int64_t seconds);

}  // namespace deltaport::cli
