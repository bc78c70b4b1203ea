#include "lake/input/json_lines.h"

#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>

#include "columnar/json_rows.h"
#include "lake/input/text_columns.h"

namespace deltaport::lake {
namespace {

const CancelToken kNoCancel;

std::shared_ptr<arrow::io::InputStream> StreamOf(const std::string& text) {
  return std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(text));
}

Result<std::shared_ptr<arrow::Table>> Read(const std::string& text,
                                           const arrow::FieldVector& fields) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, ReadJsonLines(StreamOf(text), "rows.json",
                                                         arrow::schema(fields), kNoCancel));
  return reader->ToTable();
}

// The one column `a` of that type, as text.
std::string ColumnText(const std::string& text, const std::shared_ptr<arrow::DataType>& type) {
  const auto table = Read(text, {arrow::field("a", type)});
  if (!table.ok()) return table.status().message();
  std::string values;
  for (int64_t row = 0; row < (*table)->num_rows(); ++row) {
    const auto value = *(*table)->column(0)->GetScalar(row);
    values += (row > 0 ? ", " : "") + columnar::ScalarToJson(*value).ValueOrDie();
  }
  return values;
}

TEST(JsonLines, ValuesKeepTheirDigits) {
  EXPECT_EQ(ColumnText("{\"a\":9223372036854775807}\n{\"a\":null}\n{}\n", arrow::int64()),
            "9223372036854775807, null, null");
  EXPECT_EQ(ColumnText(R"({"a":12345678901234567.89})", arrow::decimal128(38, 2)),
            R"("12345678901234567.89")");
  EXPECT_EQ(ColumnText(R"({"a":"3.00"})", arrow::decimal128(5, 2)), R"("3.00")");
  EXPECT_EQ(ColumnText(R"({"a":"2024-02-29"})", arrow::date32()), R"("2024-02-29")");
  EXPECT_EQ(ColumnText(R"({"a":"2024-02-29T12:00:00+01:00"})",
                       arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
            R"("2024-02-29T11:00:00Z")");
  EXPECT_EQ(ColumnText(R"({"a":"AAE="})", arrow::binary()), R"("AAE=")");
  EXPECT_EQ(ColumnText(R"({"a":[1,null,3]})", arrow::list(arrow::int32())), "[1,null,3]");
}

TEST(JsonLines, ValuesThatDoNotFitAreNotCast) {
  const auto broken = [](const char* json, const std::shared_ptr<arrow::DataType>& type) {
    const std::string message = ColumnText(std::string("{}\n{\"a\":") + json + "}\n", type);
    EXPECT_EQ(message.find("rows.json, line 2, column 'a': "), 0U) << message;
    return message;
  };
  EXPECT_NE(broken("1.5", arrow::int64()).find("1.5"), std::string::npos);
  EXPECT_NE(broken("\"7\"", arrow::int64()).find("is no value of the type long"),
            std::string::npos);
  broken("9223372036854775808", arrow::int64());
  broken("300", arrow::int8());
  broken("7", arrow::utf8());
  broken("1", arrow::boolean());
  broken("\"2024-02-30\"", arrow::date32());
  broken("0.005", arrow::decimal128(5, 2));
  broken("\"2024-01-01T00:00:00Z\"", arrow::timestamp(arrow::TimeUnit::MICRO));
  broken("\"%\"", arrow::binary());
  broken("{\"x\":1}", arrow::list(arrow::int32()));
  const auto inner = arrow::struct_({arrow::field("x", arrow::int32())});
  EXPECT_NE(broken("{\"x\":\"1\"}", inner).find("member 'x'"), std::string::npos);
  EXPECT_NE(broken("{\"y\":1}", inner).find("there is no member 'y'"), std::string::npos);
}

TEST(JsonLines, NestedValues) {
  const auto map = arrow::map(arrow::utf8(), arrow::int64());
  const auto type = arrow::struct_({arrow::field("m", map), arrow::field("x", arrow::utf8())});
  EXPECT_EQ(ColumnText(R"({"a":{"m":{"k":1,"l":null},"x":"y"}})", type),
            R"({"m":{"k":1,"l":null},"x":"y"})");
}

TEST(JsonLines, ArraysWithOneRowALineAreRead) {
  EXPECT_EQ(ColumnText("[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n", arrow::int64()), "1, 2, 3");
  EXPECT_EQ(ColumnText("\xEF\xBB\xBF[\n{\"a\":1},\r\n\n{\"a\":2}\n]", arrow::int64()), "1, 2");
}

TEST(JsonLines, MistakesNameTheLine) {
  const auto message = [](const std::string& text) {
    return Read(text, {arrow::field("a", arrow::int64())}).status().message();
  };
  EXPECT_EQ(message("{\"a\":1}\n\n{\"a\":").find("rows.json, line 3: it is no JSON"), 0U);
  EXPECT_EQ(message("{\"a\":1}\n7\n").find("rows.json, line 2: it is a number"), 0U);
  EXPECT_EQ(message("{\"a\":1,\"b\":2}").find("rows.json, line 1: there is no column 'b'"), 0U);
  EXPECT_EQ(message("{\"a\":1,\"a\":2}").find("rows.json, line 1: column 'a' stands twice"), 0U);
}

TEST(JsonLines, ColumnsComeFromAllLines) {
  const auto names =
      JsonColumns(StreamOf("{\"b\":1}\n{\"a\":1,\"b\":2}\n"), "rows.json", kNoCancel);
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_EQ(*names, (std::vector<std::string>{"b", "a"}));
}

TEST(JsonLines, LongFilesComeInSeveralBatches) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += fmt::format("{{\"a\":{}}}\n", i);
  const auto table = Read(text, {arrow::field("a", arrow::int64())});
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ((*table)->num_rows(), 200'000);
  EXPECT_GT((*table)->column(0)->num_chunks(), 1);
  EXPECT_EQ((*(*table)->column(0)->GetScalar(199'999))->ToString(), "199999");
}

TEST(TextColumns, TextBecomesValuesOfTheTable) {
  const auto texts = [](const std::vector<std::string>& values) {
    arrow::StringBuilder builder;
    for (const auto& value : values) EXPECT_TRUE(builder.Append(value).ok());
    return *builder.Finish();
  };
  const auto rows = [&](const std::vector<std::string>& values) {
    const auto batch =
        arrow::RecordBatch::Make(arrow::schema({arrow::field("a", arrow::utf8())}),
                                 static_cast<int64_t>(values.size()), {texts(values)});
    return arrow::RecordBatchReader::Make({batch}).ValueOrDie();
  };
  const auto place = [](int64_t row) { return fmt::format("x.csv, line {}", row + 2); };
  const auto table = arrow::schema({arrow::field("a", arrow::int32())});
  const auto typed = TypedColumns(rows({"1", "", "-3"}), *table, place)->ToTable();
  ASSERT_TRUE(typed.ok()) << typed.status();
  EXPECT_EQ((*typed)->column(0)->null_count(), 1);
  const auto wrong = TypedColumns(rows({"1", "1.5"}), *table, place)->ToTable();
  EXPECT_EQ(wrong.status().message(),
            "x.csv, line 3, column 'a': '1.5' is no value of the type integer");
  const auto nested = arrow::schema({arrow::field("a", arrow::list(arrow::int32()))});
  EXPECT_TRUE(TypedColumns(rows({"[1,2]"}), *nested, place)->ToTable().ok());
  EXPECT_FALSE(TypedColumns(rows({"[1,"}), *nested, place)->ToTable().ok());
}

}  // namespace
}  // namespace deltaport::lake
