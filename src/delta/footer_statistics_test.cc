#include "delta/footer_statistics.h"

#include <arrow/builder.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include "delta/live_files.h"
#include "delta/table_test_support.h"
#include "delta/table_write.h"

namespace deltaport::delta {
namespace {

// Writes the rows as a table of one file and returns what its footer says.
std::string StatisticsOf(const arrow::FieldVector& fields, const std::string& json_rows,
                         std::string* collected = nullptr, int leaves_max = -1) {
  TestTable table;
  const auto rows =
      arrow::json::ArrayFromJSONString(arrow::struct_(fields), json_rows).ValueOrDie();
  const auto batch = arrow::RecordBatch::FromStructArray(rows).ValueOrDie();
  const auto reader = arrow::RecordBatchReader::Make({batch}, batch->schema()).ValueOrDie();
  const auto written = CreateTableWithRows(table.location(), *reader, {}, {}, CancelToken());
  EXPECT_TRUE(written.ok()) << written.status();
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  EXPECT_EQ(snapshot->files().size(), 1U);
  if (collected != nullptr) *collected = std::string(snapshot->files().stats(0)->value());
  const auto file =
      columnar::ParquetFile::Open(*table.location().store, snapshot->FilePath(0)).ValueOrDie();
  return FooterStatistics(*file, *snapshot->schema(), leaves_max);
}

TEST(FooterStatistics, SaysTheSameAsTheValues) {
  std::string collected;
  const auto footer = StatisticsOf(
      {arrow::field("i", arrow::int32()), arrow::field("t", arrow::utf8()),
       arrow::field("d", arrow::date32()),
       arrow::field("s", arrow::struct_({arrow::field("n", arrow::decimal128(10, 2))})),
       arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       arrow::field("none", arrow::int64())},
      R"([{"i":3,"t":"b","d":19000,"s":{"n":"1.50"},"at":1700000000123456,"none":null},)"
      R"({"i":-7,"t":null,"d":18000,"s":null,"at":1600000000000000,"none":null}])",
      &collected);
  EXPECT_EQ(footer, collected);
}

TEST(FooterStatistics, LongTextIsCutAndItsMaximumStaysAbove) {
  std::string collected;
  const std::string text(60, 'x');
  const auto footer = StatisticsOf({arrow::field("t", arrow::utf8())},
                                   fmt::format(R"([{{"t":"{}"}}])", text), &collected);
  EXPECT_EQ(footer, collected);
}

TEST(FooterStatistics, FloatsHaveNoBoundsBecauseNaNIsNotTold) {
  EXPECT_EQ(StatisticsOf({arrow::field("f", arrow::float64())}, R"([{"f":1.5},{"f":null}])"),
            R"({"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"f":1}})");
}

TEST(FooterStatistics, CoversTheLeadingLeavesOnly) {
  EXPECT_EQ(StatisticsOf({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64())},
                         R"([{"a":1,"b":2}])", nullptr, 1),
            R"({"numRecords":1,"minValues":{"a":1},"maxValues":{"a":1},"nullCount":{"a":0}})");
}

TEST(FooterStatistics, ANameWithAPointIsNotMistakenForAField) {
  EXPECT_EQ(StatisticsOf({arrow::field("a.b", arrow::int64()),
                          arrow::field("a", arrow::struct_({arrow::field("b", arrow::int64())}))},
                         R"([{"a.b":1,"a":{"b":2}}])"),
            R"({"numRecords":1,"minValues":{"a":{}},"maxValues":{"a":{}},"nullCount":{"a":{}}})");
}

}  // namespace
}  // namespace deltaport::delta
