#include "engine/query_sql.h"

#include <arrow/scalar.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

template <typename Scalar, typename Value>
std::string Sql(const std::shared_ptr<arrow::DataType>& type, Value value) {
  return LiteralSql(Scalar(value, type)).ValueOr("no literal");
}

TEST(LiteralSql, EveryWidthOfTimesDatesAndDecimalsHasALiteral) {
  using arrow::TimeUnit;
  EXPECT_EQ(Sql<arrow::Time32Scalar>(arrow::time32(TimeUnit::SECOND), 61),
            "(TIME '00:00:00' + to_microseconds(61000000))");
  EXPECT_EQ(Sql<arrow::Time32Scalar>(arrow::time32(TimeUnit::MILLI), 61),
            "(TIME '00:00:00' + to_microseconds(61000))");
  EXPECT_EQ(Sql<arrow::Time64Scalar>(arrow::time64(TimeUnit::NANO), int64_t{61'000}),
            "(TIME '00:00:00' + to_microseconds(61))");
  EXPECT_EQ(Sql<arrow::Date64Scalar>(arrow::date64(), int64_t{-86'400'000}),
            "(DATE '1970-01-01' + (-1))");
  EXPECT_EQ(Sql<arrow::Decimal32Scalar>(arrow::decimal32(5, 2), arrow::Decimal32(-123)),
            "CAST('-1.23' AS DECIMAL(5,2))");
  EXPECT_EQ(Sql<arrow::Decimal64Scalar>(arrow::decimal64(12, 3), arrow::Decimal64(1)),
            "CAST('0.001' AS DECIMAL(12,3))");
  EXPECT_EQ(Sql<arrow::Decimal256Scalar>(arrow::decimal256(40, 2), arrow::Decimal256(150)),
            "CAST('1.50' AS DECIMAL(38,2))");
  EXPECT_EQ(Sql<arrow::LargeBinaryScalar>(arrow::large_binary(), arrow::Buffer::FromString("ab")),
            "unhex('6162')");
}

TEST(QuerySql, ASumBeyond64BitsIsAnErrorThatNamesTheColumn) {
  TestEngine test;
  const auto fits = test.Sql("select sum(x) as s from (values (9223372036854775806), (1)) t(x)");
  ASSERT_TRUE(fits.ok()) << fits.status();
  EXPECT_EQ((*fits)->column(0)->GetScalar(0).ValueOrDie()->ToString(), "9223372036854775807");
  const auto over = test.Sql("select sum(x) as s from (values (9223372036854775807), (1)) t(x)");
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(CodeOf(over.status()), ErrorCode::kInvalidArgument) << over.status();
  EXPECT_NE(over.status().message().find("column 's'"), std::string::npos) << over.status();
}

}  // namespace
}  // namespace deltaport::engine
