#include "base/bounded_channel.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport {
namespace {

TEST(BoundedChannelConcurrency, EveryItemArrivesOnceAndTheBoundHolds) {
  BoundedChannel<int> channel(100, CancelToken());
  std::atomic<int64_t> sum = 0;
  std::vector<std::thread> threads;
  std::atomic<int> producers = 4;
  for (int p = 0; p < 4; ++p) {
    threads.emplace_back([&] {
      for (int i = 1; i <= 1000; ++i) ASSERT_TRUE(channel.Push(i, 10).ok());
      if (--producers == 0) channel.Close();
    });
  }
  for (int c = 0; c < 2; ++c) {
    threads.emplace_back([&] {
      while (auto item = channel.Pop().ValueOrDie()) {
        sum += *item;
        EXPECT_LE(channel.used_bytes(), 100);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum, 4 * 500'500);
}

TEST(BoundedChannel, OversizedItemPassesWhenEmpty) {
  BoundedChannel<std::string> channel(10, CancelToken());
  ASSERT_TRUE(channel.Push("large", 1000).ok());
  EXPECT_EQ(*channel.Pop().ValueOrDie(), "large");
}

TEST(BoundedChannelConcurrency, CancelWakesABlockedProducer) {
  const CancelToken token;
  BoundedChannel<int> channel(1, token);
  ASSERT_TRUE(channel.Push(1, 1).ok());
  std::thread canceller([&] { token.Cancel(Error(ErrorCode::kDeadlineExceeded, "too late")); });
  const Status status = channel.Push(2, 1);
  canceller.join();
  EXPECT_EQ(CodeOf(status), ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(channel.Pop().ok());
}

TEST(BoundedChannel, CloseGivesTheRestThenTheError) {
  BoundedChannel<int> channel(10, CancelToken());
  ASSERT_TRUE(channel.Push(7, 1).ok());
  channel.Close(Error(ErrorCode::kIo, "disk"));
  EXPECT_EQ(*channel.Pop().ValueOrDie(), 7);
  EXPECT_EQ(CodeOf(channel.Pop().status()), ErrorCode::kIo);
  EXPECT_EQ(CodeOf(channel.Push(8, 1)), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace deltaport
