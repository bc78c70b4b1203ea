#include "columnar/csv_rows.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace deltaport::columnar {
namespace {

TEST(CsvRows, QuotesNullsAndNumbers) {
  arrow::StringBuilder texts;
  arrow::DoubleBuilder numbers;
  arrow::BooleanBuilder flags;
  for (const char* text : {"plain", "a,b", "say \"hi\"", "two\nlines", ""}) {
    ASSERT_TRUE(texts.Append(text).ok());
    ASSERT_TRUE(numbers.Append(1.5).ok());
    ASSERT_TRUE(flags.Append(true).ok());
  }
  ASSERT_TRUE(texts.AppendNull().ok());
  ASSERT_TRUE(numbers.Append(NAN).ok());
  ASSERT_TRUE(flags.AppendNull().ok());
  const auto schema =
      arrow::schema({arrow::field("a,b", arrow::utf8()), arrow::field("n", arrow::float64()),
                     arrow::field("f", arrow::boolean())});
  const auto batch = arrow::RecordBatch::Make(
      schema, 6,
      {texts.Finish().ValueOrDie(), numbers.Finish().ValueOrDie(), flags.Finish().ValueOrDie()});
  std::string out;
  AppendCsvHeader(*schema, out);
  ASSERT_TRUE(AppendCsvRows(*batch, out).ok());
  EXPECT_EQ(out,
            "\"a,b\",n,f\r\n"
            "plain,1.5,true\r\n"
            "\"a,b\",1.5,true\r\n"
            "\"say \"\"hi\"\"\",1.5,true\r\n"
            "\"two\nlines\",1.5,true\r\n"
            "\"\",1.5,true\r\n"
            ",NaN,\r\n");
}

TEST(CsvRows, NestedValuesAreQuotedJson) {
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::StringBuilder>());
  ASSERT_TRUE(lists.Append().ok());
  ASSERT_TRUE(static_cast<arrow::StringBuilder*>(lists.value_builder())->Append("x").ok());
  ASSERT_TRUE(lists.AppendNull().ok());
  const auto array = lists.Finish().ValueOrDie();
  std::string out;
  ASSERT_TRUE(AppendCsvRows(*arrow::RecordBatch::Make(
                                arrow::schema({arrow::field("l", array->type())}), 2, {array}),
                            out)
                  .ok());
  EXPECT_EQ(out, "\"[\"\"x\"\"]\"\r\n\r\n");
}

}  // namespace
}  // namespace deltaport::columnar
