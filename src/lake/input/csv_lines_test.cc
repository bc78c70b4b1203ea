#include "lake/input/csv_lines.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

// The line of a row, 0 if there are too few.
int64_t LineOf(const std::string& text, int64_t row, bool one_column = false) {
  arrow::io::BufferReader stream(arrow::Buffer::FromString(text));
  return FindCsvLine(stream, row, one_column)->line.value_or(0);
}

TEST(CsvLines, TheHeaderIsALine) {
  EXPECT_EQ(LineOf("a,b\n1,2\n3,4", 0), 2);
  EXPECT_EQ(LineOf("a,b\n1,2\n3,4", 1), 3);
  EXPECT_EQ(LineOf("a,b\n1,2\n3,4", 2), 0);
  EXPECT_EQ(LineOf("", 0), 0);
}

TEST(CsvLines, QuotedLineEndsAreLinesAndNoRows) {
  EXPECT_EQ(LineOf("a;b\r\n1;\"x\r\n\"\"y\"\"\"\r\n2;z\r\n", 1), 4);
  EXPECT_EQ(LineOf("\xEF\xBB\xBF\"a\nb\",c\n1,2\n", 0), 3);
}

TEST(CsvLines, QuotesInsideOfFieldsAreText) { EXPECT_EQ(LineOf("a,b\n5\",x\n6,y\n", 1), 3); }

TEST(CsvLines, BlankLinesAreRowsOfOneColumnOnly) {
  EXPECT_EQ(LineOf("\na,b\n\n1,2\n\n3,4\n", 1), 6);
  EXPECT_EQ(LineOf("\na\n\n1\n", 1, /*one_column=*/true), 4);
}

TEST(CsvLines, EveryKindOfLineEndCounts) { EXPECT_EQ(LineOf("a\r1\r2\r3", 2), 4); }

TEST(CsvLines, RowsOfAFileAreCountedToItsEnd) {
  arrow::io::BufferReader stream(arrow::Buffer::FromString("a,b\n1,2\n\n3,4"));
  EXPECT_EQ(FindCsvLine(stream, 7, false)->rows, 2);
}

TEST(CsvLines, FilesThatAreGoneLeaveTheRow) {
  EXPECT_EQ(CsvPlace({"/nowhere/a.csv"}, "a.csv", 4, false, {}), "a.csv, row 5 below the header");
}

}  // namespace
}  // namespace deltaport::lake
