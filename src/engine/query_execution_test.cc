// What running queries do: types, cancellation, limits, pruning, damage.

#include <atomic>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<arrow::Table> Range(int64_t first, int64_t count) {
  arrow::Int64Builder ids;
  for (int64_t i = first; i < first + count; ++i) EXPECT_TRUE(ids.Append(i).ok());
  return arrow::Table::Make(arrow::schema({arrow::field("id", arrow::int64())}),
                            {ids.Finish().ValueOrDie()});
}

std::string First(const Result<std::shared_ptr<arrow::Table>>& result, int column = 0) {
  if (!result.ok()) return result.status().ToString();
  if ((*result)->num_rows() == 0) return "no rows";
  return (*result)->column(column)->GetScalar(0).ValueOrDie()->ToString();
}

TEST(QueryExecutionTest, EveryTypeComesBackAsItIsInTheTable) {
  const auto schema = arrow::schema({
      arrow::field("b", arrow::boolean()),
      arrow::field("i8", arrow::int8()),
      arrow::field("u64", arrow::uint64()),
      arrow::field("f", arrow::float32()),
      arrow::field("d", arrow::float64()),
      arrow::field("dec", arrow::decimal128(10, 2)),
      arrow::field("quo\"te's", arrow::utf8()),
      arrow::field("bin", arrow::binary()),
      arrow::field("day", arrow::date32()),
      arrow::field("ts", arrow::timestamp(arrow::TimeUnit::MICRO)),
      arrow::field("tz", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
      arrow::field("ms", arrow::timestamp(arrow::TimeUnit::MILLI)),
      arrow::field("list", arrow::list(arrow::field("element", arrow::int32()))),
      arrow::field("struct", arrow::struct_({arrow::field("x", arrow::int64()),
                                             arrow::field("y", arrow::utf8())})),
  });
  const auto rows = TableOf(schema, R"([
    [true, -5, 18446744073709551615, 1.5, 2.25, "12.34", "a'b\"c", "\u0000x", 19000,
     1704067200000001, 1704067200000001, 1704067200001, [1, null, 3], [7, "z"]],
    [null, null, null, null, null, null, null, null, null, null, null, null, null, null]])");
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *rows);
  const auto table = test.AddParquet("t", "/t/a.parquet");
  const auto result = test.Run(table, SelectAll(*table->schema()));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE((*result)->schema()->Equals(*schema)) << (*result)->schema()->ToString();
  EXPECT_TRUE((*result)->Equals(*rows)) << (*result)->ToString();
}

TEST(QueryExecutionTest, EmptyResultKeepsItsSchema) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 10));
  const auto table = test.AddParquet("t", "/t");
  auto query = SelectAll(*table->schema());
  query.limit = 0;
  const auto result = test.Run(table, query);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ((*result)->num_rows(), 0);
  EXPECT_EQ((*result)->schema()->ToString(), "id: int64");
}

TEST(QueryExecutionTest, AggregatesOfDecimalsAreExact) {
  TestEngine test;
  const auto schema = arrow::schema(
      {arrow::field("k", arrow::int32()), arrow::field("v", arrow::decimal128(10, 2))});
  test.WriteParquet("/t/a.parquet", *TableOf(schema, R"([[1,"0.05"],[1,"-0.10"],[1,"48.00"]])"));
  const auto table = test.AddParquet("t", "/t");
  BoundQuery query;
  query.group_by = {0};
  query.aggregations = {{AggregateFunction::kSum, 1}, {AggregateFunction::kAvg, 1}};
  query.output_names = {"k", "sum_v", "avg_v"};
  const auto result = test.Run(table, query);
  EXPECT_EQ(First(result, 1), "47.95");
  EXPECT_EQ(First(result, 2), "15.983333");
}

TEST(QueryExecutionTest, SumThatLeavesInt64IsAnError) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(std::numeric_limits<int64_t>::max() - 2, 2));
  const auto table = test.AddParquet("t", "/t");
  BoundQuery query;
  query.aggregations = {{AggregateFunction::kSum, 0}};
  query.output_names = {"s"};
  const auto result = test.Run(table, query);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(CodeOf(result.status()), ErrorCode::kInvalidArgument) << result.status();
}

TEST(QueryExecutionTest, HiveDirectoriesPruneFiles) {
  TestEngine test;
  for (int month = 1; month <= 5; ++month) {
    test.WriteParquet("/t/month=" + std::to_string(month) + "/a.parquet", *Range(month * 10, 10));
  }
  const auto table = test.AddParquet("t", "/t/**/*.parquet");
  EXPECT_EQ(table->schema()->ToString(), "id: int64\nmonth: int64");
  test.store->opened.clear();
  EXPECT_EQ(First(test.Sql("select sum(id) from t where month = 3")), "345");
  EXPECT_EQ(test.store->opened.size(), 1u);
  EXPECT_EQ(First(test.Sql("select count(distinct month) from t")), "5");
}

TEST(QueryExecutionTest, ColumnThatSomeFilesLackIsNullThere) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 3));
  const auto wider =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("extra", arrow::utf8())});
  test.WriteParquet("/t/b.parquet", *TableOf(wider, R"([[9,"e"]])"));
  test.AddParquet("t", "/t");
  EXPECT_EQ(First(test.Sql("select count(*) - count(extra) from t")), "3");
}

TEST(QueryExecutionTest, TruncatedFileIsNamed) {
  TestEngine test;
  const auto size = test.WriteParquet("/t/a.parquet", *Range(0, 1000));
  test.AddParquet("t", "/t");
  const auto bytes = test.store->Read("/t/a.parquet").ValueOrDie()->ToString();
  ASSERT_TRUE(test.store->Put("/t/a.parquet", bytes.substr(0, size / 2)).ok());
  const auto result = test.Sql("select sum(id) from t");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(CodeOf(result.status()), ErrorCode::kCorruptTable) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr("/t/a.parquet"));
}

TEST(QueryExecutionConcurrencyTest, CancellingACrossJoinEndsItWithTheReason) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 1'000'000));
  test.AddParquet("t", "/t");
  const CancelToken token;
  std::chrono::steady_clock::time_point cancelled;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    cancelled = std::chrono::steady_clock::now();
    token.Cancel(Error(ErrorCode::kDeadlineExceeded, "too late"));
  });
  const auto result = test.Sql("select count(*) from t a, t b where a.id + b.id = -1", token);
  const auto ended = std::chrono::steady_clock::now();
  canceller.join();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(CodeOf(result.status()), ErrorCode::kDeadlineExceeded) << result.status();
  EXPECT_LT(ended - cancelled, std::chrono::seconds(1));
}

TEST(QueryExecutionConcurrencyTest, AbandonedReaderLeavesTheEngineUsable) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 1'000'000), 50'000);
  const auto table = test.AddParquet("t", "/t");
  for (int i = 0; i < 5; ++i) {
    const auto reader = test.engine->Execute(table, SelectAll(*table->schema()), {});
    ASSERT_TRUE(reader.ok()) << reader.status();
    ASSERT_GT((*reader)->Next().ValueOrDie()->num_rows(), 0);
  }
  EXPECT_EQ(First(test.Sql("select count(*) from t where id >= 0")), "1000000");
}

TEST(QueryExecutionConcurrencyTest, EightThreadsGetTheSameAnswers) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 100'000), 10'000);
  test.AddParquet("t", "/t");
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        right += First(test.Sql("select sum(id) from t where id % 2 = 0")) == "2499950000";
      }
    });
  }
  threads.clear();
  EXPECT_EQ(right, 40);
}

// Half of the queries are cancelled at once, from another thread; the others must not notice.
TEST(QueryExecutionConcurrencyTest, CancelledQueriesLeaveTheirNeighboursAlone) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 20'000), 5'000);
  test.AddParquet("t", "/t");
  std::atomic<int> unexpected = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, cancelled = i % 2 == 0] {
      for (int n = 0; n < 3; ++n) {
        const CancelToken token;
        std::jthread canceller([&] {
          if (cancelled) token.Cancel(Error(ErrorCode::kCancelled, "enough"));
        });
        const auto result = test.Sql("select sum(id) from t where id % 2 = 0", token);
        const bool right = First(result) == "99990000";
        const bool ended = !result.ok() && CodeOf(result.status()) == ErrorCode::kCancelled;
        // A cancelled query may have been quicker than its canceller.
        if (!right && !(cancelled && ended)) ++unexpected;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(unexpected, 0);
}

TEST(QueryExecutionTest, LakeIsVisibleToDescribeAndInformationSchema) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 10));
  test.AddParquet("Flights", "/t");
  EXPECT_EQ(First(test.Sql("describe flights")), "id");
  EXPECT_EQ(First(test.Sql("summarize flights")), "id");
  EXPECT_EQ(First(test.Sql("show tables")), "Flights");
  EXPECT_EQ(First(test.Sql("select table_name from information_schema.tables")), "Flights");
  EXPECT_THAT(First(test.Sql("explain select * from flights"), 1), HasSubstr("LAKE_SCAN"));
}

TEST(QueryExecutionTest, TimeTravelReachesTheResolver) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 10));
  test.AddParquet("t", "/t");
  EXPECT_EQ(First(test.Sql("select count(*) from t at (version => 7)")), "10");
  ASSERT_FALSE(test.tables->asked.empty());
  ASSERT_TRUE(std::holds_alternative<delta::AtVersion>(test.tables->asked.back()));
  EXPECT_EQ(std::get<delta::AtVersion>(test.tables->asked.back()).version, 7);
}

TEST(QueryExecutionTest, FilesAreOutOfReachOfSql) {
  TestEngine test;
  test.WriteParquet("/t/a.parquet", *Range(0, 10));
  test.AddParquet("t", "/t");
  for (const auto* sql :
       {"select * from read_parquet('deltaport:///t/a.parquet')", "select * from '/etc/passwd'",
        "select * from read_text('/etc/passwd')", "copy t to '/tmp/x'", "set threads = 1",
        "select current_setting('temp_directory')", "select filename from t"}) {
    EXPECT_FALSE(test.Sql(sql).ok()) << sql;
  }
}

}  // namespace
}  // namespace deltaport::engine
