#include "cli/progress.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/standard_output.h"

namespace deltaport::cli {
namespace {

constexpr std::chrono::milliseconds kSilence{2000};
constexpr std::chrono::milliseconds kInterval{200};
constexpr int64_t kBarWidth = 20;

}  // namespace

std::string ProgressLine(int64_t rows, int64_t rows_expected, int64_t seconds) {
  if (rows_expected <= 0) return fmt::format("{} rows, {} s", rows, seconds);
  const int64_t done = std::clamp<int64_t>(rows, 0, rows_expected);
  const double share = static_cast<double>(done) / static_cast<double>(rows_expected);
  const auto filled = static_cast<size_t>(share * kBarWidth);
  return fmt::format("[{}{}] {:3.0f} %  {} of {} rows, {} s", std::string(filled, '#'),
                     std::string(kBarWidth - filled, '.'), share * 100, rows, rows_expected,
                     seconds);
}

Progress::Progress(int64_t rows_expected, bool wanted) : rows_expected_(rows_expected) {
  if (wanted && IsTerminal(STDERR_FILENO)) thread_ = std::thread([this] { Show(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard guard(lock_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void Progress::Show() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock guard(lock_);
  if (ended_.wait_for(guard, kSilence, [this] { return end_; })) return;
  do {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start)
            .count();
    const std::string line =
        ProgressLine(rows_.load(std::memory_order_relaxed), rows_expected_, seconds);
    std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  } while (!ended_.wait_for(guard, kInterval, [this] { return end_; }));
  std::fputs("\r\x1b[K", stderr);
}

}  // namespace deltaport::cli
