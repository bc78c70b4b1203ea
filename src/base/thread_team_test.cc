#include "base/thread_team.h"

#include <atomic>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport {
namespace {

TEST(ThreadTeamConcurrency, EveryTaskRunsOnce) {
  for (const size_t threads : {size_t{0}, size_t{1}, size_t{4}, size_t{100}}) {
    std::vector<std::atomic<int>> runs(500);
    ASSERT_TRUE(RunTasks(runs.size(), threads, [&](size_t number) {
                  ++runs[number];
                  return Status::OK();
                }).ok());
    for (const auto& count : runs) EXPECT_EQ(count, 1);
  }
  EXPECT_TRUE(RunTasks(0, 4, [](size_t) { return Error(ErrorCode::kInternal, "run"); }).ok());
}

TEST(ThreadTeamConcurrency, AFailureStopsTheTeamAndIsReturned) {
  std::atomic<int> runs = 0;
  const Status status = RunTasks(100'000, 4, [&](size_t number) {
    ++runs;
    return number == 10 ? Error(ErrorCode::kIo, "task {}", number) : Status::OK();
  });
  EXPECT_EQ(CodeOf(status), ErrorCode::kIo);
  EXPECT_EQ(status.message(), "task 10");
  EXPECT_LT(runs, 100'000);
}

TEST(ThreadTeamConcurrency, EveryRowIsInExactlyOneRange) {
  for (const int64_t rows : {0, 1, 99, 100, 101, 1000}) {
    std::vector<std::atomic<int>> visits(static_cast<size_t>(rows));
    const Status status = RunRanges(rows, 100, 4, [&](int64_t first, int64_t last) {
      EXPECT_LE(last - first, 100);
      for (int64_t row = first; row < last; ++row) ++visits[static_cast<size_t>(row)];
      return Status::OK();
    });
    EXPECT_TRUE(status.ok()) << status;
    for (const auto& count : visits) EXPECT_EQ(count, 1) << rows;
  }
}

}  // namespace
}  // namespace deltaport
