#include "delta/history.h"

#include <gtest/gtest.h>

#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

TEST(History, IsNewestFirstAndTakesAnyParameters) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, R"({"commitInfo":{"timestamp":77,"operation":"MERGE","userName":"u",)"
                  R"("operationParameters":{"a":1,"b":[true,null],"c":{"d":"e"},"f":"g"},)"
                  R"("operationMetrics":{"rows":"5"},"engineInfo":"Other/1"}})");
  const auto history = ReadHistory(table.location(), 0);
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->size(), 2U);
  const HistoryEntry& merge = history->front();
  EXPECT_EQ(merge.version, 1);
  EXPECT_EQ(merge.timestamp_ms, 77);
  EXPECT_EQ(merge.operation, "MERGE");
  EXPECT_EQ(merge.parameters.at("b"), "[true,null]");
  EXPECT_EQ(merge.parameters.at("f"), "\"g\"");
  EXPECT_EQ(merge.metrics.at("rows"), "5");
  EXPECT_EQ(merge.engine, "Other/1");
  EXPECT_EQ(merge.user, "u");
  EXPECT_EQ(history->back().operation, std::nullopt);
}

TEST(History, KeepsToTheLimit) {
  TestTable table;
  table.CommitFirst();
  for (int version = 1; version < 5; ++version) table.Commit(version, AddLine("f"));
  const auto history = *ReadHistory(table.location(), 2);
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].version, 4);
  EXPECT_EQ(history[1].version, 3);
}

TEST(History, NoLogIsNotFound) {
  TestTable table;
  EXPECT_EQ(CodeOf(ReadHistory(table.location(), 1).status()), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace deltaport::delta
