#include "engine/spark_sql/spark_translation.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"
#include "engine/expression.h"

namespace deltaport::engine {
namespace {

using testing::HasSubstr;

// One row of each type; columns that end in `0` are null.
std::shared_ptr<arrow::Table> Row() {
  const auto utc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const auto schema = arrow::schema({
      arrow::field("b", arrow::int8()),
      arrow::field("i", arrow::int32()),
      arrow::field("l", arrow::int64()),
      arrow::field("i0", arrow::int32()),
      arrow::field("d", arrow::float64()),
      arrow::field("m", arrow::decimal128(10, 2)),
      arrow::field("s", arrow::utf8()),
      arrow::field("s0", arrow::utf8()),
      arrow::field("t", arrow::utf8()),
      arrow::field("yes", arrow::boolean()),
      arrow::field("day", arrow::date32()),
      arrow::field("ts", utc),
      arrow::field("ntz", arrow::timestamp(arrow::TimeUnit::MICRO)),
      arrow::field("Point", arrow::struct_({arrow::field("X", arrow::int32())})),
      arrow::field("list", arrow::list(arrow::int32())),
  });
  return TableOf(schema, R"([{"b": -128, "i": -7, "l": 9223372036854775807, "d": 2.5,
      "m": "-1.50", "s": "Hello World", "t": " 42 ", "yes": true, "day": 18321,
      "ts": "2020-02-29 13:14:15.678901", "ntz": "1969-12-31 23:59:59.5", "Point": {"X": 5},
      "list": [1]}])");
}

class SparkEngine {
 public:
  SparkEngine() {
    const auto row = Row();
    engine_.WriteParquet("/row.parquet", *row);
    engine_.AddParquet("row", "/row.parquet");
    schema_ = engine_.tables->Resolve("row", {}).ValueOrDie()->schema();
  }

  // The value as text, "NULL", or the error.
  std::string Value(const std::string& text, const SparkType& stored_as = nullptr) {
    const auto parsed = Expression::ParseSpark(text, {{{"row", schema_}}}, stored_as);
    if (!parsed.ok()) return parsed.status().message();
    const auto table = engine_.Sql("SELECT CAST((" + parsed->sql() + ") AS VARCHAR) AS v FROM row");
    if (!table.ok()) return "error: " + table.status().message();
    const auto cell = *(*table)->column(0)->GetScalar(0);
    return cell->is_valid ? cell->ToString() : "NULL";
  }

  const arrow::Schema& schema() const { return *schema_; }

 private:
  TestEngine engine_;
  std::shared_ptr<arrow::Schema> schema_;
};

// One for all tests; it ends before the program does.
class SharedEngine final : public testing::Environment {
 public:
  void TearDown() override { engine_.reset(); }
  SparkEngine& engine() {
    if (engine_ == nullptr) engine_ = std::make_unique<SparkEngine>();
    return *engine_;
  }

 private:
  std::unique_ptr<SparkEngine> engine_;
};

SharedEngine* const kShared =
    static_cast<SharedEngine*>(testing::AddGlobalTestEnvironment(new SharedEngine));

SparkEngine& Shared() { return kShared->engine(); }

struct SparkCase {
  const char* text;
  const char* value;
};

class SparkValueTest : public testing::TestWithParam<SparkCase> {};

TEST_P(SparkValueTest, IsThatOfSpark) {
  EXPECT_EQ(Shared().Value(GetParam().text), GetParam().value) << GetParam().text;
}

// What Spark 4.2 gives; tests/interop asks it for the same.
INSTANTIATE_TEST_SUITE_P(
    Values, SparkValueTest,
    testing::Values(
        SparkCase{"i / 2", "-3.5"}, SparkCase{"i div 2", "-3"}, SparkCase{"i % 4", "-3"},
        SparkCase{"i > -8 AND NOT i > 0", "true"}, SparkCase{"!yes", "false"},
        SparkCase{"i == -7", "true"}, SparkCase{"i != -7", "false"},
        SparkCase{"i0 <=> NULL", "true"}, SparkCase{"i0 = 1", "NULL"}, SparkCase{"i0 / 0", "NULL"},
        SparkCase{"i <=> i0", "false"}, SparkCase{"`i` + 1", "-6"}, SparkCase{"point.x + 1", "6"},
        SparkCase{"b - 0", "-128"}, SparkCase{"-i * 2", "14"}, SparkCase{"2 + 3 * 4", "14"},
        SparkCase{"10 - 3 - 2", "5"}, SparkCase{"1 | 6 & 3", "3"}, SparkCase{"~i ^ 3", "5"},
        SparkCase{"m + 1", "-0.50"}, SparkCase{"m * m", "2.2500"}, SparkCase{"m > -1.6", "true"},
        SparkCase{"d = 2.5", "true"}, SparkCase{"1e2 + d", "102.5"},
        SparkCase{"-2147483648 + 0", "-2147483648"}, SparkCase{"2147483648 > i", "true"},
        SparkCase{"s LIKE 'Hello%'", "true"}, SparkCase{"s LIKE 'Hello\\_%'", "false"},
        SparkCase{"s NOT LIKE '_ello%'", "false"}, SparkCase{"s RLIKE '^H.*d$'", "true"},
        SparkCase{"s RLIKE 'o\\\\sW'", "true"}, SparkCase{"s RLIKE '^[a-z]+$'", "false"},
        SparkCase{"s REGEXP '(lo|la) W'", "true"}, SparkCase{"t RLIKE '^ \\\\d{2} $'", "true"},
        SparkCase{"s IN ('x', \"Hello World\")", "true"}, SparkCase{"i NOT IN (1, 2L)", "true"},
        SparkCase{"i IN (1, NULL)", "NULL"}, SparkCase{"i BETWEEN -7 AND 0", "true"},
        SparkCase{"i NOT BETWEEN -7 AND 0", "false"}, SparkCase{"i0 IS NULL", "true"},
        SparkCase{"i0 IS NOT NULL", "false"}, SparkCase{"yes IS TRUE", "true"},
        SparkCase{"i IS DISTINCT FROM i0", "true"}, SparkCase{"isnull(list)", "false"},
        SparkCase{"year(ts) * 100 + month(ts)", "202002"}, SparkCase{"YEAR(day)", "2020"},
        SparkCase{"hour(ts)", "13"}, SparkCase{"second(ntz)", "59"}, SparkCase{"minute(ts)", "14"},
        SparkCase{"dayofweek(day)", "7"}, SparkCase{"weekday(day)", "5"},
        SparkCase{"weekofyear(day)", "9"}, SparkCase{"dayofyear(day)", "60"},
        SparkCase{"quarter(ts)", "1"}, SparkCase{"CAST(ts AS DATE)", "2020-02-29"},
        SparkCase{"CAST(ntz AS DATE)", "1969-12-31"}, SparkCase{"date(ts)", "2020-02-29"},
        SparkCase{"date_format(ts, 'yyyy-MM')", "2020-02"},
        SparkCase{"date_format(day, 'yyyy-MM-dd HH:mm:ss')", "2020-02-29 00:00:00"},
        SparkCase{"date_trunc('MONTH', ts)", "2020-02-01 00:00:00+00"},
        SparkCase{"date_trunc('HOUR', ts)", "2020-02-29 13:00:00+00"},
        SparkCase{"trunc(day, 'WEEK')", "2020-02-24"}, SparkCase{"date_add(day, 1)", "2020-03-01"},
        SparkCase{"date_sub(day, 29)", "2020-01-31"},
        SparkCase{"datediff(day, DATE'2020-01-01')", "59"},
        SparkCase{"last_day(day)", "2020-02-29"}, SparkCase{"day > '2020-02-28'", "true"},
        SparkCase{"ts >= TIMESTAMP'2020-02-29 13:14:15.678901'", "true"},
        SparkCase{"ts > day", "true"}, SparkCase{"unix_timestamp(ts)", "1582982055"},
        SparkCase{"unix_timestamp(TIMESTAMP'1969-12-31 23:59:58.5')", "-1"},
        SparkCase{"CAST(TIMESTAMP'1969-12-31 23:59:58.5' AS BIGINT)", "-2"},
        SparkCase{"CAST(ts AS STRING)", "2020-02-29 13:14:15.678901"},
        SparkCase{"CAST(ntz AS STRING)", "1969-12-31 23:59:59.5"},
        SparkCase{"substring(s, 1, 5)", "Hello"}, SparkCase{"substring(s, 0, 2)", "He"},
        SparkCase{"substr(s, 7)", "World"}, SparkCase{"substring(s, -5, 2)", "Wo"},
        SparkCase{"substring(s, -20, 10)", "H"}, SparkCase{"substring(s, -20, 3)", ""},
        SparkCase{"substring(s, 3, -1)", ""}, SparkCase{"left(s, 2) || right(s, 1)", "Hed"},
        SparkCase{"length(s)", "11"}, SparkCase{"upper(s)", "HELLO WORLD"},
        SparkCase{"lower(left(s, 1))", "h"}, SparkCase{"trim(t)", "42"},
        SparkCase{"concat(s, '-', i)", "Hello World--7"}, SparkCase{"concat(s, s0)", "NULL"},
        SparkCase{"coalesce(i0, i)", "-7"}, SparkCase{"nvl(s0, 'none')", "none"},
        SparkCase{"if(i > 0, 'a', 'b')", "b"}, SparkCase{"nullif(i, -7)", "NULL"},
        SparkCase{"CASE WHEN i > 0 THEN 1 WHEN yes THEN 2.5 ELSE 3 END", "2.5"},
        SparkCase{"CASE WHEN i > 0 THEN 1 END", "NULL"}, SparkCase{"greatest(i, i0, 3)", "3"},
        SparkCase{"abs(i)", "7"}, SparkCase{"CAST(d AS INT)", "2"}, SparkCase{"int(-d)", "-2"},
        SparkCase{"CAST(m AS BIGINT)", "-1"}, SparkCase{"CAST(m AS DECIMAL(10,1))", "-1.5"},
        SparkCase{"CAST(yes AS INT)", "1"}, SparkCase{"CAST('12' AS INT) + 1", "13"},
        SparkCase{"floor(m)", "-2"}, SparkCase{"ceil(d)", "3"},
        SparkCase{"isnan(sqrt(-1))", "true"}, SparkCase{"isnan(d)", "false"},
        SparkCase{"md5('a')", "0cc175b9c0f1b6a831c399e269772661"},
        SparkCase{"'it\\'s' = \"it's\"", "true"}, SparkCase{"'a\\nb' LIKE 'a_b'", "true"},
        SparkCase{"NULL", "NULL"}, SparkCase{"true OR i0 > 1", "true"}));

// Errors of evaluation, which Spark's ANSI mode has, too.
TEST(SparkTranslationTest, WhatAnsiModeRefusesIsAnError) {
  for (const char* text :
       {"i / 0", "i % 0", "i div (i - i)", "l + 1", "CAST(l AS INT)", "CAST(s AS INT)", "-b",
        "b * CAST(100 AS TINYINT)", "CAST(i AS DECIMAL(2,2))", "CAST('2020-02-30' AS DATE)",
        "CAST('1.5' AS INT)", "make_date(2020, 2, 30)", "abs(b)"}) {
    EXPECT_THAT(Shared().Value(text), HasSubstr("error: ")) << text;
  }
}

class SparkRefusalTest : public testing::TestWithParam<SparkCase> {};

TEST_P(SparkRefusalTest, NamesWhatAndWhere) {
  const SparkCase& test = GetParam();
  const auto parsed = Expression::ParseSpark(test.text, {{{"row", Row()->schema()}}});
  ASSERT_FALSE(parsed.ok()) << test.text << " became " << parsed->sql();
  EXPECT_THAT(parsed.status().message(), HasSubstr(test.value)) << test.text;
  EXPECT_EQ(CodeOf(parsed.status()), ErrorCode::kUnsupportedFeature) << test.text;
}

INSTANTIATE_TEST_SUITE_P(
    Refused, SparkRefusalTest,
    testing::Values(
        SparkCase{"", "the end of the text at character 1 is not supported"},
        SparkCase{"i +", "the end of the text at character 4"},
        SparkCase{"i > 1; DROP TABLE t", "a character that is not understood at character 6"},
        SparkCase{"i > (SELECT 1)", "'SELECT' there at character 6"},
        SparkCase{"i IN (SELECT 1)", "'SELECT' there at character 7"},
        SparkCase{"i > 1 -- x", "a comment in the expression"},
        SparkCase{"'it''s'", "two quotes in a row"}, SparkCase{"'\\u0041'", "a numbered character"},
        SparkCase{"`i", "without its closing"}, SparkCase{"'i", "without its closing"},
        SparkCase{"nosuch(i)", "the function nosuch at character 1"},
        SparkCase{"sum(i)", "the function sum"}, SparkCase{"hash(i)", "the function hash"},
        SparkCase{"rand()", "the function rand"}, SparkCase{"i + s", "'+' of integer and string"},
        SparkCase{"s = i", "a comparison of string and integer"},
        SparkCase{"s > day", "a comparison of string and date"},
        SparkCase{"yes = 1", "a comparison of boolean and integer"},
        SparkCase{"m / 2", "'/' of decimal(10,2) and integer"},
        SparkCase{"i AND yes", "'and' of integer"}, SparkCase{"list = list", "'=' of array"},
        SparkCase{"list[0]", "not understood at character 5"},
        SparkCase{"s LIKE t", "LIKE of anything but"},
        SparkCase{"s LIKE 'a\\\\b'", "an escape that Spark refuses"},
        SparkCase{"s ILIKE 'a'", "ILIKE"}, SparkCase{"s RLIKE '(?i)x'", "a group"},
        SparkCase{"s RLIKE '(a)\\\\1'", "'\\1'"}, SparkCase{"s RLIKE 'a++'", "two quantifiers"},
        SparkCase{"s RLIKE '\\\\bx'", "'\\b'"}, SparkCase{"s RLIKE '[a&&b]'", "a class"},
        SparkCase{"s RLIKE '[[:alpha:]]'", "a class"}, SparkCase{"s RLIKE 'a$b'", "'$' before"},
        SparkCase{"s RLIKE '^a|b$'", "'|' beside"},
        SparkCase{"CAST(d AS STRING)", "a cast from double to string"},
        SparkCase{"CAST(s AS DECIMAL(10,2))", "a cast from string to decimal"},
        SparkCase{"CAST(d AS DECIMAL(10,2))", "a cast from double to decimal"},
        SparkCase{"CAST(i AS VARCHAR(5))", "'VARCHAR' there"},
        SparkCase{"TRY_CAST(s AS INT)", "'AS' there"}, SparkCase{"i::BIGINT", "':' there"},
        SparkCase{"date_format(ts, 'EEE')", "date_format with 'EEE'"},
        SparkCase{"date_format(ts, 'yyyyy')", "date_format with 'yyyyy'"},
        SparkCase{"hour(day)", "hour(date)"}, SparkCase{"round(d)", "the function round"},
        SparkCase{"current_date - INTERVAL 1 DAY", "'INTERVAL' there"},
        SparkCase{"CASE i WHEN 1 THEN 2 END", "CASE with an operand"},
        SparkCase{"i IS NULL IS NULL", "'IS' there"},
        SparkCase{"99999999999999999999999999999999999"
                  "99999",
                  "there at character 1"}));

TEST(SparkTranslationTest, ValuesAreStoredAsTheColumnWants) {
  EXPECT_EQ(Shared().Value("5", arrow::decimal128(10, 2)), "5.00");
  EXPECT_EQ(Shared().Value("NULL", arrow::utf8()), "NULL");
  EXPECT_EQ(Shared().Value("NULL", arrow::list(arrow::int32())), "NULL");
  EXPECT_EQ(Shared().Value("300", arrow::int64()), "300");
  EXPECT_THAT(Shared().Value("300", arrow::int8()), HasSubstr("error: "));
}

TEST(SparkTranslationTest, ClockIsNotDeterministic) {
  const ExpressionScope scope = {{{"row", Row()->schema()}}};
  EXPECT_FALSE(Expression::ParseSpark("current_timestamp()", scope)->deterministic());
  EXPECT_FALSE(Expression::ParseSpark("current_date", scope)->deterministic());
  EXPECT_TRUE(Expression::ParseSpark("i + 1", scope)->deterministic());
  EXPECT_EQ(Expression::ParseSpark("i + 1L", scope)->type()->id(), arrow::Type::INT64);
}

TEST(SparkTranslationTest, LettersOutsideOfAsciiAreAnErrorOfUpper) {
  EXPECT_THAT(Shared().Value("upper('straße')"), HasSubstr("upper of letters outside of ASCII"));
}

TEST(SparkTranslationTest, DepthAndSizeAreBounded) {
  const ExpressionScope scope = {{{"row", Row()->schema()}}};
  std::string deep = "i";
  for (int i = 0; i < 500; ++i) deep = "(" + deep + ")";
  EXPECT_EQ(CodeOf(Expression::ParseSpark(deep, scope).status()), ErrorCode::kUnsupportedFeature);
  std::string divisions = "i";  // Each doubles its operand.
  for (int i = 0; i < 30; ++i) divisions = "(" + divisions + " / " + divisions.substr(0, 1) + ")";
  const auto wide = Expression::ParseSpark("concat(" + divisions + ", 'a')", scope);
  EXPECT_FALSE(wide.ok());
}

}  // namespace
}  // namespace deltaport::engine
