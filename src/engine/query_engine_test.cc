#include "engine/query_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<arrow::Table> Numbers(int64_t first, int64_t count) {
  arrow::Int64Builder ids;
  arrow::StringBuilder texts;
  for (int64_t i = first; i < first + count; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE(texts.Append("row " + std::to_string(i)).ok());
  }
  return arrow::Table::Make(arrow::schema({arrow::field("id", arrow::int64(), false),
                                           arrow::field("text", arrow::utf8())}),
                            {ids.Finish().ValueOrDie(), texts.Finish().ValueOrDie()});
}

TEST(QueryEngineTest, AllRowsOfAParquetFileComeBackInOrder) {
  TestEngine test;
  const auto rows = Numbers(0, 200'000);
  test.WriteParquet("/t/a.parquet", *rows, 10'000);
  const auto table = test.AddParquet("t", "/t");
  const auto result = test.Run(table, SelectAll(*table->schema()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE((*result)->schema()->Equals(*rows->schema())) << (*result)->schema()->ToString();
  EXPECT_TRUE((*result)->Equals(*rows));
  EXPECT_EQ(test.engine->Count(table, {}, {}).ValueOrDie(), 200'000);
}

TEST(QueryEngineTest, SqlSeesTablesByAnyCase) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Numbers(0, 10));
  test.AddParquet("Flights", "/t");
  const auto result = test.Sql("select sum(id) as s, count(*) n from flights where id > 3");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)->schema()->ToString(), "s: int64\nn: int64");
  EXPECT_EQ((*result)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "39");
}

TEST(QueryEngineTest, MissingDataFileIsNamed) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Numbers(0, 10));
  const auto table = test.AddParquet("t", "/t");
  ASSERT_TRUE(test.store->Remove("/t/a.parquet").ok());
  const auto result = test.Run(table, SelectAll(*table->schema()));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(CodeOf(result.status()), ErrorCode::kCorruptTable) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr("'/t/a.parquet'"));
}

}  // namespace
}  // namespace deltaport::engine
