#include "delta/file_statistics.h"

#include <thread>

#include <gtest/gtest.h>

#include "delta/live_files.h"
#include "delta/table_test_support.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

std::string StatsJson(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return fmt::format(R"(,"stats":"{}")", escaped);
}

std::string At(const std::shared_ptr<arrow::Array>& array, int64_t row) {
  return array->GetScalar(row).ValueOrDie()->ToString();
}

TestTable TableOf(std::string_view type, const std::vector<std::string>& stats) {
  TestTable table;
  table.Commit(
      0, fmt::format("{}\n{}\n", kProtocolLine, MetadataLine("[" + FieldJson("c", type) + "]")));
  std::string adds;
  for (size_t i = 0; i < stats.size(); ++i) {
    adds += AddLine(fmt::format("f{}", i), stats[i].empty() ? "" : StatsJson(stats[i])) + "\n";
  }
  table.Commit(1, adds);
  return table;
}

std::string MinMax(std::string_view min, std::string_view max) {
  return fmt::format(R"({{"numRecords":3,"minValues":{{"c":{}}},"maxValues":{{"c":{}}},)"
                     R"("nullCount":{{"c":1}}}})",
                     min, max);
}

void ExpectBounds(std::string_view type, std::string_view min, std::string_view max,
                  std::string_view min_shown, std::string_view max_shown) {
  const TestTable table = TableOf(type, {MinMax(min, max)});
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  const auto statistics = snapshot->Statistics(0).ValueOrDie();
  EXPECT_TRUE(statistics->min_values->type()->Equals(snapshot->schema()->field(0)->type()));
  EXPECT_EQ(At(statistics->min_values, 0), min_shown) << type;
  EXPECT_EQ(At(statistics->max_values, 0), max_shown) << type;
  EXPECT_EQ(statistics->null_counts->Value(0), 1);
}

TEST(FileStatistics, BoundsHaveTheColumnsType) {
  ExpectBounds("long", "-9223372036854775808", "9223372036854775807", "-9223372036854775808",
               "9223372036854775807");
  ExpectBounds("byte", "-128", "127", "-128", "127");
  ExpectBounds("double", "0.1", "1e300", "0.1", "1e+300");
  ExpectBounds("string", R"("a\"b")", R"("ü")", "a\"b", "ü");
  ExpectBounds("date", R"("0001-01-01")", R"("9999-12-31")", "0001-01-01", "9999-12-31");
}

TEST(FileStatistics, DecimalsAreExact) {
  ExpectBounds("decimal(38,18)", "-99999999999999999999.999999999999999999", "0.000000000000000001",
               "-99999999999999999999.999999999999999999", "1E-18");
  ExpectBounds("decimal(10,2)", "1", "1.5E+3", "1.00", "1500.00");
}

TEST(FileStatistics, MaximaOfTimestampsGetAMillisecond) {
  ExpectBounds("timestamp", R"("2024-01-01T00:00:00.123Z")", R"("2024-01-01T01:00:00.123+01:00")",
               "2024-01-01 00:00:00.123000Z", "2024-01-01 00:00:00.124000Z");
  ExpectBounds("timestamp_ntz", R"("2024-01-01T00:00:00.123")", R"("2024-01-01 00:00:00")",
               "2024-01-01 00:00:00.123000", "2024-01-01 00:00:00.001000");
}

TEST(FileStatistics, UnusableBoundsAreUnknown) {
  ExpectBounds("long", R"("text")", "1.5", "null", "null");
  ExpectBounds("byte", "-129", "128", "null", "null");
  ExpectBounds("decimal(5,2)", "12345.67", "true", "null", "null");
  ExpectBounds("date", R"("2024-02-30")", "5", "null", "null");
  ExpectBounds("timestamp", R"("noon")", "{}", "null", "null");
  ExpectBounds("boolean", "false", "true", "null", "null");
  ExpectBounds("binary", R"("a")", R"("b")", "null", "null");
}

TEST(FileStatistics, FilesWithoutStatisticsAreUnknown) {
  const TestTable table = TableOf("long", {"", "{", "[]", MinMax("1", "2")});
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  const auto statistics = snapshot->Statistics(0).ValueOrDie();
  EXPECT_EQ(statistics->min_values->null_count(), 3);
  EXPECT_EQ(statistics->null_counts->null_count(), 3);
  EXPECT_EQ(snapshot->RowCount(), std::nullopt);
}

TEST(FileStatistics, FollowTheFilesAcrossARefresh) {
  TestTable table = TableOf("long", {MinMax("1", "2"), MinMax("3", "4"), MinMax("5", "6")});
  const auto before = Snapshot::Open(table.location()).ValueOrDie();
  ASSERT_TRUE(before->Statistics(0).ok());
  table.Commit(2, RemoveLine("f1") + "\n" + AddLine("f9", StatsJson(MinMax("9", "10"))));
  const auto after = before->Refresh().ValueOrDie();
  const auto statistics = after->Statistics(0).ValueOrDie();
  ASSERT_EQ(after->files().size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    const std::string path(after->files().path(i));
    const std::string expected = path == "f0" ? "1" : path == "f2" ? "5" : "9";
    EXPECT_EQ(At(statistics->min_values, static_cast<int64_t>(i)), expected) << path;
  }
}

// More rows than one thread takes at a time.
TEST(FileStatistics, OfManyFilesAreReadInOrderByConcurrentReadersToo) {
  constexpr int64_t kFiles = 10'000;
  std::vector<std::string> stats;
  for (int64_t i = 0; i < kFiles; ++i) {
    stats.push_back(i % 1000 == 7 ? "{" : MinMax(std::to_string(i), std::to_string(2 * i)));
  }
  const TestTable table = TableOf("long", stats);
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&, reader] {
      if (reader % 2 == 0) EXPECT_EQ(snapshot->RowCount(), std::nullopt);
      const auto statistics = snapshot->Statistics(0).ValueOrDie();
      ASSERT_EQ(statistics->max_values->length(), kFiles);
      const auto& max_values = static_cast<const arrow::Int64Array&>(*statistics->max_values);
      for (int64_t i = 0; i < kFiles; ++i) {
        EXPECT_EQ(max_values.IsNull(i), i % 1000 == 7) << i;
        if (max_values.IsValid(i)) EXPECT_EQ(max_values.Value(i), 2 * i);
        const auto rows = snapshot->files().record_count(static_cast<size_t>(i));
        EXPECT_EQ(rows, i % 1000 == 7 ? std::nullopt : std::optional<int64_t>(3)) << i;
      }
    });
  }
  for (auto& reader : readers) reader.join();
}

TEST(FileStatistics, AMalformedPartitionValueCountsOnlyWhileItsFileIsLive) {
  const auto add = [](std::string_view path, std::string_view value) {
    return fmt::format(R"({{"add":{{"path":"{}","partitionValues":{{"p":"{}"}},"size":1}}}})", path,
                       value);
  };
  TestTable table;
  table.Commit(
      0, fmt::format("{}\n{}\n", kProtocolLine,
                     MetadataLine("[" + FieldJson("p", "long") + "," + FieldJson("c", "long") + "]",
                                  R"(["p"])")));
  table.Commit(1, fmt::format("{}\n{}\n{}", add("good", "1"), add("bad", "x"), add("last", "3")));
  const auto damaged = Snapshot::Open(table.location()).ValueOrDie();
  const Status status = damaged->PartitionValues(0).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable);
  EXPECT_NE(status.message().find("bad"), std::string::npos) << status;
  table.Commit(2, RemoveLine("bad"));
  const auto values = damaged->Refresh().ValueOrDie()->PartitionValues(0).ValueOrDie();
  ASSERT_EQ(values->length(), 2);
  EXPECT_EQ(At(values, 0), "1");
  EXPECT_EQ(At(values, 1), "3");
}

TEST(FileStatistics, PartitionValuesOfEveryTypeAreParsed) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"long", "-5", "-5"},
      {"boolean", "true", "true"},
      {"double", "NaN", "nan"},
      {"decimal(10,2)", "1.5", "1.50"},
      {"date", "2024-02-29", "2024-02-29"},
      {"timestamp", "2021-09-08 11:11:11.5", "2021-09-08 11:11:11.500000Z"},
      {"timestamp", "2021-09-08T11:11:11.000001Z", "2021-09-08 11:11:11.000001Z"},
      {"timestamp_ntz", "2021-09-08 11:11:11", "2021-09-08 11:11:11.000000"},
      {"string", "ü b", "ü b"},
      {"string", "", "null"},
      {"long", "", "null"},
  };
  for (const auto& [type, text, shown] : cases) {
    TestTable table;
    table.Commit(
        0, fmt::format("{}\n{}\n", kProtocolLine,
                       MetadataLine("[" + FieldJson("p", type) + "," + FieldJson("c", "long") + "]",
                                    R"(["p"])")));
    table.Commit(
        1,
        fmt::format(R"({{"add":{{"path":"f","partitionValues":{{"p":"{}"}},"size":1}}}})", text));
    const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
    EXPECT_EQ(At(snapshot->PartitionValues(0).ValueOrDie(), 0), shown) << type << " " << text;
  }
}

TEST(ValueText, TimestampsGoToTextAndBack) {
  for (const int64_t microseconds : {int64_t{0}, int64_t{-1}, int64_t{-62135596800000000},
                                     int64_t{253402300799999999}, int64_t{1704067200123456}}) {
    EXPECT_EQ(ParseTimestampText(TimestampText(microseconds)), microseconds);
  }
  for (const char* text : {"", "2024", "2024-01-01T", "2024-01-01T25:00:00", "2024-13-01",
                           "2024-01-01T00:00:00.1234567890", "2024-01-01T00:00:00x"}) {
    EXPECT_EQ(ParseTimestampText(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace deltaport::delta
