#include "base/recent_cache.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport {
namespace {

std::shared_ptr<const int> Value(int value) { return std::make_shared<const int>(value); }

TEST(RecentCache, ValueThatWasNotUsedForTheLongestTimeGoesFirst) {
  RecentCache<const int> cache(3);
  for (int i = 0; i < 3; ++i) cache.Keep(std::to_string(i), Value(i), 1);
  EXPECT_EQ(*cache.Find("0"), 0);
  cache.Keep("3", Value(3), 1);
  EXPECT_EQ(cache.Find("1"), nullptr);
  EXPECT_EQ(*cache.Find("0"), 0);
  EXPECT_EQ(*cache.Find("2"), 2);
  EXPECT_EQ(*cache.Find("3"), 3);
}

TEST(RecentCache, CostlyValueMakesRoomOrIsNotKept) {
  RecentCache<const int> cache(10);
  for (int i = 0; i < 5; ++i) cache.Keep(std::to_string(i), Value(i), 2);
  cache.Keep("large", Value(7), 7);
  EXPECT_EQ(cache.cost(), 9);
  EXPECT_EQ(cache.Find("3"), nullptr);
  EXPECT_NE(cache.Find("4"), nullptr);
  cache.Keep("too large", Value(8), 11);
  EXPECT_EQ(cache.Find("too large"), nullptr);
  EXPECT_NE(cache.Find("large"), nullptr);
}

TEST(RecentCache, FirstValueOfAKeyStays) {
  RecentCache<const int> cache(10);
  cache.Keep("a", Value(1), 4);
  cache.Keep("a", Value(2), 4);
  EXPECT_EQ(*cache.Find("a"), 1);
  EXPECT_EQ(cache.cost(), 4);
}

TEST(RecentCache, ConcurrentUseNeverExceedsTheCost) {
  RecentCache<const int> cache(20);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 2'000; ++i) {
        const int key = (i * 7 + t * 13) % 50;
        if (const auto found = cache.Find(std::to_string(key))) {
          EXPECT_EQ(*found, key);
        } else {
          cache.Keep(std::to_string(key), Value(key), 1 + key % 3);
        }
        EXPECT_LE(cache.cost(), 20);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace deltaport
