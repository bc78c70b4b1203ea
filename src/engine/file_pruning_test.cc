// Files in which no row can pass are not opened.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

// Six files, named by their only partition value a to f, of 100 rows each: `id` counts through,
// `word` starts with the letter of the file, `price` is a decimal, `gap` is null in files a and b,
// never null in c and d, and both in e and f.
struct Letters {
  Letters() {
    const auto schema = arrow::schema({
        arrow::field("id", arrow::int64()),
        arrow::field("word", arrow::utf8()),
        arrow::field("price", arrow::decimal128(9, 2)),
        arrow::field("gap", arrow::int32()),
        arrow::field("real", arrow::float64()),
        arrow::field("letter", arrow::utf8()),
    });
    test.CreateDelta("t", *schema, {"letter"});
    for (int file = 0; file < 6; ++file) {
      const char letter = static_cast<char>('a' + file);
      std::string rows;
      for (int i = 0; i < 100; ++i) {
        const int id = file * 100 + i;
        const bool gap = file < 2 || (file > 3 && i % 2 == 0);
        rows += fmt::format(
            R"({}{{"id":{},"word":"{}{:03}","price":"{}.50","gap":{},"real":{},"letter":"{}"}})",
            rows.empty() ? "[" : ",", id, letter, i, id, gap ? "null" : std::to_string(id), id,
            letter);
      }
      test.AppendRows("t", TableOf(schema, rows + "]"));
    }
    test.AddDelta("t");
  }

  // Letters of the files that were opened to count the rows that `condition` lets through.
  std::string Opened(const std::string& condition, int64_t expected_rows) {
    return OpenedBy("select count(*) from t where " + condition, expected_rows);
  }

  std::string OpenedBy(const std::string& sql, int64_t expected) {
    test.store->opened.clear();
    EXPECT_EQ(OneCell(test.Sql(sql)), fmt::format("{}", expected)) << sql;
    std::string letters;
    for (const auto& path : test.store->opened) {
      const auto at = path.find("letter=");
      EXPECT_NE(at, std::string::npos) << path;
      letters += path[at + 7];
    }
    std::ranges::sort(letters);
    return letters;
  }

  TestEngine test;
};

TEST(FilePruningTest, ComparisonsOpenOnlyFilesWhoseBoundsAllowThem) {
  Letters table;
  EXPECT_EQ(table.Opened("id = 250", 1), "c");
  EXPECT_EQ(table.Opened("250 = id", 1), "c");
  EXPECT_EQ(table.Opened("id < 100", 100), "a");
  EXPECT_EQ(table.Opened("id <= 100", 101), "ab");
  EXPECT_EQ(table.Opened("id > 499", 100), "f");
  EXPECT_EQ(table.Opened("id >= 499", 101), "ef");
  EXPECT_EQ(table.Opened("id between 150 and 210", 61), "bc");
  EXPECT_EQ(table.Opened("price = 250.50", 1), "c");
  EXPECT_EQ(table.Opened("price < 1.00", 1), "a");
  EXPECT_EQ(table.Opened("word = 'd042'", 1), "d");
  EXPECT_EQ(table.Opened("word > 'e050' and word < 'f001'", 50), "ef");
  EXPECT_EQ(table.Opened("real < 3", 3), "a");
}

TEST(FilePruningTest, NumbersMayHideNotANumberSoUpperBoundsDoNotCount) {
  Letters table;
  EXPECT_EQ(table.Opened("real > 590", 9), "abcdef");
}

TEST(FilePruningTest, InOpensTheFilesOfItsValues) {
  Letters table;
  EXPECT_EQ(table.Opened("id in (5, 7, 301)", 3), "ad");
  EXPECT_EQ(table.Opened("id in (1000, 2000)", 0), "");
  EXPECT_EQ(table.Opened("word in ('a001', 'f099', 'zzz')", 2), "af");
  EXPECT_EQ(table.Opened("letter in ('b', 'e')", 200), "be");
}

TEST(FilePruningTest, PrefixesOpenTheirFiles) {
  Letters table;
  EXPECT_EQ(table.Opened("word like 'c%'", 100), "c");
  EXPECT_EQ(table.Opened("word like 'c0_1'", 10), "c");
  EXPECT_EQ(table.Opened("starts_with(word, 'e09')", 10), "e");
  EXPECT_EQ(table.Opened("letter like 'f%'", 100), "f");
}

TEST(FilePruningTest, NullTestsOpenFilesThatHaveSuchValues) {
  Letters table;
  EXPECT_EQ(table.Opened("gap is null", 300), "abef");
  EXPECT_EQ(table.Opened("gap is not null", 300), "cdef");
  EXPECT_EQ(table.Opened("gap >= 0", 300), "cdef");
  EXPECT_EQ(table.Opened("letter is null", 0), "");
}

TEST(FilePruningTest, AlternativesOpenTheFilesOfEach) {
  Letters table;
  EXPECT_EQ(table.Opened("id = 5 or id = 555", 2), "af");
  EXPECT_EQ(table.Opened("id = 5 or letter = 'c'", 101), "ac");
  EXPECT_EQ(table.Opened("(id < 3 and word like 'a%') or (letter = 'd' and id > 350)", 52), "ad");
  EXPECT_EQ(table.Opened("id = 5 or id % 2 = 7", 1), "abcdef");
  EXPECT_EQ(table.Opened("letter <> 'a' and letter <> 'b' and id < 300", 100), "c");
}

TEST(FilePruningTest, PartitionValuesAloneOpenNoOtherFile) {
  Letters table;
  EXPECT_EQ(table.Opened("letter > 'd'", 200), "ef");
  EXPECT_EQ(table.Opened("letter = 'x'", 0), "");
  EXPECT_EQ(table.OpenedBy("select sum(id)::bigint from t where letter = 'a'", 4950), "a");
}

TEST(FilePruningTest, TheOtherSideOfAJoinPrunes) {
  Letters table;
  const auto keys = arrow::schema({arrow::field("k", arrow::int64())});
  table.test.CreateDelta("keys", *keys);
  table.test.AppendRows("keys", TableOf(keys, R"([{"k":210},{"k":299},{"k":250}])"));
  table.test.AddDelta("keys");
  table.test.store->opened.clear();
  EXPECT_EQ(OneCell(table.test.Sql("select count(*) from t join keys on t.id = keys.k")), "3");
  int of_t = 0;
  for (const auto& path : table.test.store->opened) of_t += path.starts_with("/t/") ? 1 : 0;
  EXPECT_EQ(of_t, 1);
}

TEST(FilePruningTest, DeletionVectorsLeaveBoundsUsable) {
  Letters table;
  table.test.DeleteRows("t", 2, {50});  // Of file c.
  table.test.AddDelta("t");
  table.test.store->opened.clear();
  EXPECT_EQ(OneCell(table.test.Sql("select count(*) from t where id = 250")), "0");
  EXPECT_EQ(OneCell(table.test.Sql("select count(*) from t where id = 251")), "1");
  EXPECT_EQ(table.test.store->opened.size(), 2U);  // The file and its vector.
}

TEST(FilePruningTest, FilesAreLeftOutWhateverTheirNumber) {
  // The files need not exist: all but one are left out by the log.
  TestEngine test;
  const auto schema = arrow::schema({arrow::field("k", arrow::int64())});
  test.CreateDelta("many", *schema);
  test.AppendRows("many", TableOf(schema, R"([{"k":-1},{"k":-2}])"));
  std::string log;
  for (int i = 0; i < 5000; ++i) {
    log += fmt::format(
        R"({{"add":{{"path":"f{0}.parquet","partitionValues":{{}},"size":10,"modificationTime":1,)"
        R"("dataChange":true,"stats":"{{\"numRecords\":10,\"minValues\":{{\"k\":{1}}},)"
        R"(\"maxValues\":{{\"k\":{2}}},\"nullCount\":{{\"k\":0}}}}"}}}})"
        "\n",
        i, i * 10, i * 10 + 9);
  }
  ASSERT_TRUE(test.store->Put("/many/_delta_log/00000000000000000002.json", log).ok());
  test.AddDelta("many");
  EXPECT_EQ(OneCell(test.Sql("select count(*) from many")), "50002");
  EXPECT_EQ(OneCell(test.Sql("select count(*) from many where k = -1")), "1");
  EXPECT_EQ(OneCell(test.Sql("select count(*) from many where k < 0 or k > 50000")), "2");
  EXPECT_EQ(test.store->opened.size(), 1U);
}

}  // namespace
}  // namespace deltaport::engine
