#include "storage/discarding_store.h"

#include <gtest/gtest.h>

#include "storage/memory_store.h"

namespace deltaport::storage {
namespace {

TEST(DiscardingStore, WritesAreCountedAndLeaveNothing) {
  const auto inner = std::make_shared<MemoryStore>();
  DiscardingStore store(inner);
  const auto stream = *store.OpenWrite("t/a.parquet");
  EXPECT_TRUE(stream->Write("12345", 5).ok());
  EXPECT_EQ(stream->Tell().ValueOr(-1), 5);
  EXPECT_TRUE(stream->Close().ok());
  EXPECT_TRUE(stream->closed());
  EXPECT_TRUE(store.Put("t/b", "x").ok());
  EXPECT_TRUE(store.PutIfAbsent("t/c", "x").ok());
  EXPECT_TRUE(inner->ListRecursive("t")->empty());
}

TEST(DiscardingStore, WhatIsThereIsReadAndStays) {
  const auto inner = std::make_shared<MemoryStore>();
  ASSERT_TRUE(inner->Put("t/a", "old").ok());
  DiscardingStore store(inner);
  EXPECT_TRUE(store.Remove("t/a").ok());
  EXPECT_TRUE(store.Put("t/a", "new").ok());
  EXPECT_EQ((*store.Read("t/a"))->ToString(), "old");
  EXPECT_EQ(store.Head("t/a")->size_bytes, 3);
  EXPECT_EQ(store.List("t", "")->size(), 1U);
}

}  // namespace
}  // namespace deltaport::storage
