#include "base/cancel_token.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport {
namespace {

Status Stop() { return Error(ErrorCode::kCancelled, "stopped by the test"); }

TEST(CancelTokenTest, FreshTokenChecksOk) {
  const CancelToken token;
  EXPECT_FALSE(token.cancelled());
  EXPECT_TRUE(token.Check().ok());
}

TEST(CancelTokenTest, FirstReasonWins) {
  const CancelToken token;
  token.Cancel(Error(ErrorCode::kDeadlineExceeded, "too late"));
  token.Cancel(Stop());
  EXPECT_EQ(CodeOf(token.Check()), ErrorCode::kDeadlineExceeded);
}

TEST(CancelTokenTest, CopiesShareTheState) {
  const CancelToken token;
  const CancelToken copy = token;
  copy.Cancel(Stop());
  EXPECT_TRUE(token.cancelled());
}

TEST(CancelTokenTest, CallbackRunsOnceOnCancel) {
  const CancelToken token;
  int calls = 0;
  const auto registration = token.OnCancel([&] { ++calls; });
  token.Cancel(Stop());
  token.Cancel(Stop());
  EXPECT_EQ(calls, 1);
}

TEST(CancelTokenTest, CallbackRunsAtOnceOnCancelledToken) {
  const CancelToken token;
  token.Cancel(Stop());
  int calls = 0;
  const auto registration = token.OnCancel([&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(CancelTokenTest, DestroyedRegistrationNeverRuns) {
  const CancelToken token;
  int calls = 0;
  {
    const auto registration = token.OnCancel([&] { ++calls; });
  }
  token.Cancel(Stop());
  EXPECT_EQ(calls, 0);
}

TEST(CancelTokenTest, AssignedRegistrationReplacesTheFormerOne) {
  const CancelToken token;
  int first = 0;
  int second = 0;
  auto registration = token.OnCancel([&] { ++first; });
  registration = token.OnCancel([&] { ++second; });
  token.Cancel(Stop());
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(CancelTokenTest, CallbackMayDropItsOwnRegistration) {
  const CancelToken token;
  std::optional<CancelToken::Registration> registration;
  bool ran = false;
  registration.emplace(token.OnCancel([&] {
    ran = true;
    registration.reset();
  }));
  token.Cancel(Stop());
  EXPECT_TRUE(ran);
}

// After the destructor returned, the callback's captures may be gone: it must not be running.
TEST(CancelTokenConcurrencyTest, UnregisteringWaitsForARunningCallback) {
  for (int round = 0; round < 200; ++round) {
    const CancelToken token;
    auto alive = std::make_unique<std::atomic<bool>>(true);
    std::atomic<bool> used_after_free = false;
    std::optional<CancelToken::Registration> registration(
        token.OnCancel([&used_after_free, flag = alive.get()] {
          std::this_thread::yield();
          if (!flag->load()) used_after_free = true;
        }));
    std::thread canceller([&] { token.Cancel(Stop()); });
    registration.reset();
    alive->store(false);
    canceller.join();
    EXPECT_FALSE(used_after_free);
  }
}

TEST(CancelTokenConcurrencyTest, ManyThreadsCancelAndRegister) {
  const CancelToken token;
  std::atomic<int> calls = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 200; ++j) {
        const auto registration = token.OnCancel([&] { ++calls; });
        if (j == 100) token.Cancel(Stop());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(calls.load(), 99 * 4);
  EXPECT_EQ(CodeOf(token.Check()), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace deltaport
