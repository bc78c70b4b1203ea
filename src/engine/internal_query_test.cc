// Statements that Deltaport composes itself: virtual columns and streams as inputs.

#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/duckdb/arrow_result.h"
#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

using ::testing::HasSubstr;
using Pairs = std::vector<std::pair<int64_t, int64_t>>;

std::shared_ptr<arrow::Schema> IdColumn() {
  return arrow::schema({arrow::field("id", arrow::int64())});
}

std::shared_ptr<arrow::Table> Ids(int64_t first, int64_t count) {
  arrow::Int64Builder ids;
  for (int64_t id = first; id < first + count; ++id) EXPECT_TRUE(ids.Append(id).ok());
  return arrow::Table::Make(IdColumn(), std::vector<std::shared_ptr<arrow::Array>>{*ids.Finish()});
}

std::shared_ptr<arrow::RecordBatchReader> Stream(const std::shared_ptr<arrow::Table>& table,
                                                 int64_t batch_rows = 1 << 20) {
  auto reader = std::make_shared<arrow::TableBatchReader>(table);
  reader->set_chunksize(batch_rows);
  return reader;
}

// Ids 0 to 2999 in three files, row groups of 400.
struct ThreeFiles {
  ThreeFiles() {
    test.CreateDelta("t", *IdColumn());
    for (int64_t file = 0; file < 3; ++file) test.AppendRows("t", Ids(file * 1000, 1000), 400);
    source = test.AddDelta("t");
  }

  Result<std::shared_ptr<arrow::Table>> Run(const std::string& sql) {
    return test.Internal({sql, {{"t", source}}, {}, true});
  }

  Pairs Positions(const std::string& condition) {
    const auto rows = Run("SELECT file_index, file_row_number FROM t WHERE " + condition);
    EXPECT_TRUE(rows.ok()) << rows.status();
    Pairs pairs;
    if (!rows.ok()) return pairs;
    const auto files = Integers(**rows, 0);
    const auto numbers = Integers(**rows, 1);
    for (size_t i = 0; i < files.size(); ++i) pairs.emplace_back(files[i], numbers[i]);
    return pairs;
  }

  TestEngine test;
  std::shared_ptr<const TableSource> source;
};

TEST(InternalQueryTest, PositionsAreThoseOfTheSnapshotWhicheverFilesAreRead) {
  ThreeFiles table;
  EXPECT_EQ(table.Positions("id IN (5, 1400, 2999)"), (Pairs{{0, 5}, {1, 400}, {2, 999}}));
  EXPECT_EQ(table.Positions("id >= 2500 AND id < 2502"), (Pairs{{2, 500}, {2, 501}}));
  EXPECT_EQ(table.Positions("file_index = 1 AND file_row_number IN (0, 999)"),
            (Pairs{{1, 0}, {1, 999}}));
}

TEST(InternalQueryTest, ConditionsOnTheFilePruneFiles) {
  ThreeFiles table;
  EXPECT_EQ(OneCell(table.Run("SELECT sum(id) FROM t WHERE file_index = 2 AND id > 0")), "2499500");
  EXPECT_EQ(table.test.store->opened.size(), 1U);
}

TEST(InternalQueryTest, PositionsCountDeletedRows) {
  ThreeFiles table;
  std::vector<int64_t> deleted;
  for (int64_t row = 0; row < 995; ++row) deleted.push_back(row);
  table.test.DeleteRows("t", 1, deleted);  // The file moves to the end.
  table.source = table.test.AddDelta("t");
  EXPECT_EQ(table.Positions("id BETWEEN 1000 AND 2000"),
            (Pairs{{1, 0}, {2, 995}, {2, 996}, {2, 997}, {2, 998}, {2, 999}}));
  EXPECT_EQ(OneCell(table.Run("SELECT count(*) FROM (SELECT DISTINCT file_index, file_row_number "
                              "FROM t)")),
            "2005");
}

TEST(InternalQueryTest, ClientsDoNotSeeVirtualColumns) {
  ThreeFiles table;
  for (const char* column : {"file_index", "file_row_number", "filename", "rowid"}) {
    EXPECT_THAT(OneCell(table.test.Sql(fmt::format("select {} from t", column))),
                HasSubstr(column));
    EXPECT_FALSE(table.test.Sql(fmt::format("select {} from t", column)).ok());
  }
  EXPECT_EQ((*table.Run("SELECT * FROM t LIMIT 1"))->num_columns(), 1);
  EXPECT_EQ(OneCell(table.test.Sql("select count(*) from t")), "3000");
}

TEST(InternalQueryTest, AColumnNamedAsAVirtualOneIsRefused) {
  TestEngine test;
  const auto schema = arrow::schema({arrow::field("File_Index", arrow::int64())});
  test.CreateDelta("odd", *schema);
  const auto refused = test.Internal({"SELECT * FROM odd", {{"odd", test.AddDelta("odd")}}, {}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(CodeOf(refused.status()), ErrorCode::kUnsupportedFeature) << refused.status();
  EXPECT_THAT(refused.status().message(), HasSubstr("File_Index"));
}

TEST(InternalQueryTest, StreamsKeepTypesAndOrder) {
  TestEngine test;
  const auto schema = arrow::schema({
      arrow::field("n", arrow::int64()),
      arrow::field("small", arrow::int8()),
      arrow::field("flag", arrow::boolean()),
      arrow::field("exact", arrow::decimal128(20, 3)),
      arrow::field("narrow", arrow::decimal128(7, 2)),
      arrow::field("real", arrow::float32()),
      arrow::field("text", arrow::utf8()),
      arrow::field("bytes", arrow::binary()),
      arrow::field("day", arrow::date32()),
      arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
      arrow::field("local", arrow::timestamp(arrow::TimeUnit::MICRO)),
      arrow::field("list", arrow::list(arrow::int32())),
      arrow::field("nested", arrow::struct_({arrow::field("a", arrow::utf8()),
                                             arrow::field("b", arrow::list(arrow::float64()))})),
      arrow::field("map", arrow::map(arrow::utf8(), arrow::int64())),
  });
  std::string rows = "[";
  for (int i = 0; i < 500; ++i) {
    rows += fmt::format(
        R"({{"n":{0},"small":{1},"flag":true,"exact":"{0}.125","narrow":"-{1}.25","real":0.5,)"
        R"("text":"x{0}","bytes":"b","day":{0},"at":"2021-03-04 05:06:07.{0:06}",)"
        R"("local":"1950-03-04 05:06:07.{0:06}",)"
        R"("list":[{0},null],)"
        R"("nested":{{"a":"é","b":[1.5,null]}},"map":[["k",{0}],["l",null]]}},)",
        i, i % 100);
    rows += R"({"n":null,"list":null,"nested":null,"map":null},)";
  }
  rows.back() = ']';
  const auto table = TableOf(schema, rows);
  const auto seen =
      test.Internal({"SELECT * FROM Source", {}, {{"source", Stream(table, 37)}}, true});
  ASSERT_TRUE(seen.ok()) << seen.status();
  const auto flat = (*seen)->CombineChunks().ValueOrDie();
  for (int i = 0; i < schema->num_fields(); ++i) {
    const auto& expected = *table->column(i)->chunk(0);
    // Only the names of the lists' items differ.
    const auto column = Retype(flat->column(i)->chunk(0), expected.type());
    ASSERT_TRUE(column.ok()) << column.status();
    EXPECT_TRUE((*column)->Equals(expected)) << schema->field(i)->ToString();
  }
}

TEST(InternalQueryTest, StreamsJoinTables) {
  ThreeFiles table;
  InternalQuery query;
  query.sql = "SELECT file_index, file_row_number FROM t JOIN incoming USING (id) ORDER BY ALL";
  query.tables["t"] = table.source;
  query.streams["incoming"] = Stream(Ids(1998, 4), 1);
  const auto rows = table.test.Internal(query);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(Integers(**rows, 0), (std::vector<int64_t>{1, 1, 2, 2}));
  EXPECT_EQ(Integers(**rows, 1), (std::vector<int64_t>{998, 999, 0, 1}));
}

TEST(InternalQueryTest, LargeStreamsAreReadByAllThreadsAndKeepTheirOrderIfAsked) {
  TestEngine test;
  const auto all = Ids(0, 1'000'000);
  const auto ordered =
      test.Internal({"SELECT id FROM s WHERE id % 3 = 0", {}, {{"s", Stream(all)}}, true});
  ASSERT_TRUE(ordered.ok()) << ordered.status();
  const auto values = Integers(**ordered);
  ASSERT_EQ(values.size(), 333'334U);
  EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
  EXPECT_EQ(OneCell(test.Internal({"SELECT sum(id)::BIGINT FROM s", {}, {{"s", Stream(all)}}})),
            "499999500000");
  EXPECT_EQ(OneCell(test.Internal({"SELECT count(*) FROM s", {}, {{"s", Stream(all)}}})),
            "1000000");
}

TEST(InternalQueryTest, AnEmptyStreamHasItsColumns) {
  TestEngine test;
  const auto rows = test.Internal({"SELECT id + 1 AS more FROM s", {}, {{"s", Stream(Ids(0, 0))}}});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)->num_rows(), 0);
  EXPECT_EQ((*rows)->schema()->field(0)->name(), "more");
}

// Gives one batch and then an error.
class FailingReader final : public arrow::RecordBatchReader {
 public:
  std::shared_ptr<arrow::Schema> schema() const override { return IdColumn(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (failed_) return Error(ErrorCode::kPermissionDenied, "row 3: not for you");
    failed_ = true;
    ARROW_ASSIGN_OR_RAISE(*batch, Ids(0, 3)->CombineChunksToBatch());
    return Status::OK();
  }

 private:
  bool failed_ = false;
};

TEST(InternalQueryTest, TheErrorOfAStreamIsTheErrorOfTheQuery) {
  TestEngine test;
  const auto failed =
      test.Internal({"SELECT sum(id) FROM s", {}, {{"s", std::make_shared<FailingReader>()}}});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(CodeOf(failed.status()), ErrorCode::kPermissionDenied) << failed.status();
  EXPECT_THAT(failed.status().message(), HasSubstr("not for you"));
}

TEST(InternalQueryTest, AStreamThatIsReadTwiceIsAnErrorUnlessItIsKept) {
  TestEngine test;
  const auto twice =
      test.Internal({"SELECT count(*) FROM s a, s b", {}, {{"s", Stream(Ids(0, 3))}}});
  ASSERT_FALSE(twice.ok());
  EXPECT_THAT(twice.status().message(), HasSubstr("twice"));
  EXPECT_EQ(OneCell(test.Internal({"WITH k AS MATERIALIZED (SELECT * FROM s) "
                                   "SELECT count(*) FROM k a, k b",
                                   {},
                                   {{"s", Stream(Ids(0, 3))}}})),
            "9");
}

TEST(InternalQueryTest, CancellingStopsTheQuery) {
  TestEngine test;
  const CancelToken token;
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    token.Cancel(Error(ErrorCode::kCancelled, "enough"));
  });
  const auto cancelled =
      test.Internal({"SELECT sum(s.id * b.id)::DOUBLE FROM s, range(1000000) b(id)",
                     {},
                     {{"s", Stream(Ids(0, 100'000))}}},
                    token);
  canceller.join();
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(CodeOf(cancelled.status()), ErrorCode::kCancelled) << cancelled.status();
}

TEST(InternalQueryTest, ConcurrentQueriesOverStreamsAndTablesAreApart) {
  ThreeFiles table;
  std::vector<std::thread> threads;
  std::vector<std::string> seen(6);
  for (size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto first = static_cast<int64_t>(i) * 500;
      seen[i] = OneCell(
          i % 3 == 2 ? table.test.Sql("select count(*) from t where id >= 0")
                     : table.test.Internal({"SELECT count(DISTINCT (file_index, file_row_number)) "
                                            "FROM t JOIN s USING (id)",
                                            {{"t", table.source}},
                                            {{"s", Stream(Ids(first, 700), 50)}}}));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, (std::vector<std::string>{"700", "700", "3000", "700", "700", "3000"}));
}

}  // namespace
}  // namespace deltaport::engine
