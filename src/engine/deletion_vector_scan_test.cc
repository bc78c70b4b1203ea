// Scans of Delta tables leave out the rows of deletion vectors, and nothing else.

#include <map>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<arrow::Schema> TwoColumns() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8())});
}

// Rows `first` to `first + count - 1`: the number, and its remainder by 7 as text.
std::shared_ptr<arrow::Table> Numbered(int64_t first, int64_t count) {
  arrow::Int64Builder ids;
  arrow::StringBuilder texts;
  for (int64_t id = first; id < first + count; ++id) {
    EXPECT_TRUE(ids.Append(id).ok());
    EXPECT_TRUE(texts.Append(fmt::format("t{}", id % 7)).ok());
  }
  return arrow::Table::Make(
      TwoColumns(), std::vector<std::shared_ptr<arrow::Array>>{*ids.Finish(), *texts.Finish()});
}

// Files of 5000 rows in row groups of 700, with ids that count through.
constexpr int64_t kFileRows = 5000;

struct NumberedTable {
  explicit NumberedTable(size_t files) {
    test.CreateDelta("t", *TwoColumns());
    for (size_t i = 0; i < files; ++i) {
      test.AppendRows("t", Numbered(static_cast<int64_t>(i) * kFileRows, kFileRows), 700);
      for (int64_t row = 0; row < kFileRows; ++row) {
        ids.insert(static_cast<int64_t>(i) * kFileRows + row);
      }
    }
  }

  std::string Delete(size_t file_of_ids, const std::vector<int64_t>& rows) {
    for (const int64_t row : rows) {
      ids.erase(static_cast<int64_t>(file_of_ids) * kFileRows + row);
    }
    // A file that changes moves to the end of the list.
    const auto number = std::find(order.begin(), order.end(), file_of_ids) - order.begin();
    order.erase(order.begin() + number);
    order.push_back(file_of_ids);
    return test.DeleteRows("t", static_cast<size_t>(number), rows);
  }

  std::vector<int64_t> Expected(const std::function<bool(int64_t)>& wanted) const {
    std::vector<int64_t> some;
    for (const int64_t id : ids) {
      if (wanted(id)) some.push_back(id);
    }
    return some;
  }

  std::vector<int64_t> Ids(const std::string& sql) const {
    const auto result = const_cast<TestEngine&>(test).Sql(sql);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? Integers(**result) : std::vector<int64_t>();
  }

  std::string Cell(const std::string& sql) { return OneCell(test.Sql(sql)); }

  TestEngine test;
  std::set<int64_t> ids;
  std::vector<size_t> order = {0, 1, 2, 3};
};

std::vector<int64_t> Range(int64_t first, int64_t end) {
  std::vector<int64_t> rows;
  for (int64_t row = first; row < end; ++row) rows.push_back(row);
  return rows;
}

TEST(DeletionVectorScanTest, DeletedRowsAreLeftOut) {
  NumberedTable table(3);
  table.Delete(0, {0, 1, 699, 700, 4999});
  table.Delete(2, {2500});
  table.test.AddDelta("t");
  EXPECT_EQ(table.Cell("select count(*) from t"), "14994");
  EXPECT_EQ(table.test.store->opened.size(), 0U);
  const auto all = [](int64_t) { return true; };
  EXPECT_EQ(table.Ids("select id from t order by id"), table.Expected(all));
  EXPECT_EQ(table.Cell("select min(id) from t"), "2");
  EXPECT_EQ(table.Cell("select count(id) from t"), "14994");
  EXPECT_EQ(table.Cell("select count(*) from t where id <= 700"), "697");
  EXPECT_EQ(table.Cell("select count(*) from t where id = 4999"), "0");
  EXPECT_EQ(table.Cell("select text from t where id = 2"), "t2");
  EXPECT_EQ(table.Cell("select count(*) from t where text = 't1'"),
            fmt::format("{}", table.Expected([](int64_t id) { return id % 7 == 1; }).size()));
  EXPECT_EQ(table.Ids("select id from t order by id desc limit 3 offset 4998"),
            (std::vector<int64_t>{10000, 9999, 9998}));
}

TEST(DeletionVectorScanTest, LongRunsAndWholeFilesMayBeDeleted) {
  NumberedTable table(3);
  table.Delete(0, Range(100, 4900));
  table.Delete(1, Range(0, kFileRows));
  table.test.AddDelta("t");
  const auto all = [](int64_t) { return true; };
  EXPECT_EQ(table.Cell("select count(*) from t"), "5200");
  EXPECT_EQ(table.Ids("select id from t order by id"), table.Expected(all));
  EXPECT_EQ(table.Cell("select count(*) from t where id between 90 and 4910"), "21");
  EXPECT_EQ(table.Cell("select max(text) from t where id between 5000 and 9999"), "null");
}

TEST(DeletionVectorScanTest, RandomDeletionsAreAsIfTheRowsWereNeverThere) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  NumberedTable table(4);
  for (int round = 0; round < 6; ++round) {
    std::vector<int64_t> rows;
    const auto count = 1 << random() % 12;
    for (int i = 0; i < count; ++i) rows.push_back(random() % kFileRows);
    table.Delete(random() % 4, rows);
    table.test.AddDelta("t");
    const auto low = static_cast<int64_t>(random() % 20000);
    const auto high = low + static_cast<int64_t>(random() % 8000);
    EXPECT_EQ(table.Cell("select count(*) from t"), fmt::format("{}", table.ids.size()));
    EXPECT_EQ(
        table.Ids(fmt::format(
            "select id from t where id between {} and {} and text <> 't3' order by id", low, high)),
        table.Expected([&](int64_t id) { return id >= low && id <= high && id % 7 != 3; }));
  }
}

TEST(DeletionVectorScanTest, OnlyVectorsOfFilesThatAreScannedAreReadAndOnlyOnce) {
  NumberedTable table(2);
  const auto first = table.Delete(0, {1, 2});
  const auto second = table.Delete(1, {3});
  table.test.AddDelta("t");
  EXPECT_EQ(table.Cell("select count(*) from t where id < 10"), "8");
  EXPECT_TRUE(table.test.store->opened.contains(first));
  EXPECT_FALSE(table.test.store->opened.contains(second));
  table.test.store->opened.clear();
  EXPECT_EQ(table.Cell("select count(*) from t where id < 10"), "8");
  EXPECT_FALSE(table.test.store->opened.contains(first));
}

TEST(DeletionVectorScanTest, DamagedVectorsAreNamed) {
  NumberedTable table(2);
  const auto path = table.Delete(0, {1, 2});
  table.test.AddDelta("t");
  ASSERT_TRUE(table.test.store->Put(path, "\x01 damaged").ok());
  const auto damaged = table.test.Sql("select sum(id) from t");
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(CodeOf(damaged.status()), ErrorCode::kCorruptTable) << damaged.status();
  EXPECT_THAT(damaged.status().message(), HasSubstr(path));
  ASSERT_TRUE(table.test.store->Remove(path).ok());
  EXPECT_THAT(table.Cell("select sum(id) from t"), HasSubstr(path + " is missing"));
  EXPECT_EQ(table.Cell("select count(*) from t where id >= 5000"), "5000");
}

TEST(DeletionVectorScanTest, AVectorBeyondTheEndOfItsFileIsDamage) {
  NumberedTable table(1);
  table.Delete(0, {kFileRows});
  table.test.AddDelta("t");
  EXPECT_THAT(table.Cell("select sum(id) from t"), HasSubstr("but the file has 5000"));
}

TEST(DeletionVectorScanTest, ConcurrentQueriesShareTheVectors) {
  NumberedTable table(4);
  for (size_t file = 0; file < 4; ++file) table.Delete(file, Range(10, 3000));
  table.test.AddDelta("t");
  std::vector<std::thread> threads;
  std::vector<std::string> seen(4);
  for (size_t i = 0; i < seen.size(); ++i) {
    threads.emplace_back([&, i] {
      seen[i] = OneCell(table.test.Sql("select count(distinct id) from t where text >= 't'"));
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& count : seen) EXPECT_EQ(count, "8040");
}

}  // namespace
}  // namespace deltaport::engine
