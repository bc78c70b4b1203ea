#include "cli/cell_text.h"

#include <clocale>

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "cli/progress.h"
#include "cli/table_selection.h"

namespace deltaport::cli {
namespace {

TEST(CellText, WideCharactersTakeTwoColumns) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("äöü"), 3);
  EXPECT_EQ(DisplayWidth("日本"), 4);
  EXPECT_EQ(CutToWidth("日本語", 5), "日本…");
  EXPECT_EQ(CutToWidth("short", 5), "short");
}

TEST(CellText, BytesThatAreNotTextAreNoReasonToStop) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);
}

TEST(CellText, ControlCharactersAreEscaped) {
  EXPECT_EQ(PrintableText("a\nb\x1b[31m"), "a\\nb\\x1b[31m");
}

TEST(CellText, TextHasNoQuotesAndNullIsEmpty) {
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.Append("say \"hi\"").ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  const auto array = builder.Finish().ValueOrDie();
  EXPECT_EQ(*CellText(*array, 0), "say \"hi\"");
  EXPECT_EQ(*CellText(*array, 1), "");
}

TEST(ProgressLine, ShowsABarOnlyIfTheEndIsKnown) {
  EXPECT_EQ(ProgressLine(5, -1, 3), "5 rows, 3 s");
  EXPECT_EQ(ProgressLine(50, 100, 3), "[##########..........]  50 %  50 of 100 rows, 3 s");
  EXPECT_EQ(ProgressLine(200, 100, 3), "[####################] 100 %  200 of 100 rows, 3 s");
}

TEST(TimestampText, IsoTimesWithAndWithoutZone) {
  EXPECT_EQ(*ParseTimestampMs("1970-01-02"), 86'400'000);
  EXPECT_EQ(*ParseTimestampMs("1970-01-01T00:00:01Z"), 1000);
  EXPECT_EQ(*ParseTimestampMs("1970-01-01 00:00:01.5"), 1500);
  EXPECT_EQ(*ParseTimestampMs("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_FALSE(ParseTimestampMs("yesterday").ok());
}

}  // namespace
}  // namespace deltaport::cli
