#include "ports/wire/worker_pool.h"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport::ports::wire {
namespace {

TEST(WorkerPoolConcurrency, EveryAcceptedTaskRunsOnceThoughThePoolCloses) {
  std::atomic<int> accepted = 0;
  std::atomic<int> ran = 0;
  std::vector<std::thread> submitters;
  std::latch halfway(4);
  WorkerPool pool(3, 50, 0);
  for (int t = 0; t < 4; ++t) {
    submitters.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        if (i == 250) halfway.count_down();
        if (pool.Submit([&] { ++ran; })) ++accepted;
      }
    });
  }
  halfway.wait();
  pool.Close();
  for (auto& submitter : submitters) submitter.join();
  EXPECT_EQ(ran, accepted);
  EXPECT_GT(ran, 0);
  EXPECT_FALSE(pool.Submit([] {}));
}

TEST(WorkerPoolConcurrency, WaitingTasksGiveTheirPlaceToOthers) {
  WorkerPool pool(1, 10, 2);
  std::latch waiting(2);
  std::latch outside(1);
  std::atomic<int> ended = 0;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
      pool.BeginWaiting();
      waiting.count_down();
      outside.wait();
      pool.EndWaiting();
      ++ended;
    }));
  }
  waiting.wait();
  // Both wait, and the only computing thread is free for what ends their wait.
  ASSERT_TRUE(pool.Submit([&] { outside.count_down(); }));
  pool.Close();
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace deltaport::ports::wire
