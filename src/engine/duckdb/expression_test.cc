#include "engine/expression.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<arrow::Schema> Rows() {
  return arrow::schema({
      arrow::field("id", arrow::int64()),
      arrow::field("Name", arrow::utf8()),
      arrow::field("when", arrow::timestamp(arrow::TimeUnit::MICRO)),
      arrow::field("list", arrow::list(arrow::int32())),
      arrow::field("point", arrow::struct_({arrow::field("x", arrow::float64()),
                                            arrow::field("it's", arrow::float64())})),
      arrow::field("a b\"c", arrow::int32()),
  });
}

ExpressionScope OneRelation() { return {{{"t", Rows()}}}; }

ExpressionScope Merge() {
  return {{{"target", Rows()},
           {"source", arrow::schema({arrow::field("id", arrow::int64()),
                                     arrow::field("v", arrow::int32())})}}};
}

std::string Sql(std::string_view text, const ExpressionScope& scope = OneRelation()) {
  const auto expression = Expression::Parse(text, scope);
  return expression.ok() ? expression->sql() : expression.status().ToString();
}

class AcceptedExpressionTest : public testing::TestWithParam<const char*> {};

TEST_P(AcceptedExpressionTest, IsWrittenSoThatItReadsTheSame) {
  const auto once = Expression::Parse(GetParam(), OneRelation());
  ASSERT_TRUE(once.ok()) << GetParam() << "\n" << once.status().ToString();
  const auto twice = Expression::Parse("(" + once->sql() + ")", OneRelation());
  ASSERT_TRUE(twice.ok()) << once->sql() << "\n" << twice.status().ToString();
  EXPECT_EQ(once->sql(), twice->sql());
  EXPECT_EQ(once->columns(), twice->columns());
}

INSTANTIATE_TEST_SUITE_P(
    Scalar, AcceptedExpressionTest,
    testing::Values(
        "id", "1", "-1", "- -1", "1.5", "1e10", "1.50", "'it''s'", "NULL", "true",
        "9223372036854775807", "-9223372036854775808", "170141183460469231731687303715884105727",
        "id = 1", "id <> 1 AND NOT id > 3 OR id IS NULL", "id BETWEEN 1 AND 5",
        "id NOT BETWEEN 1 AND 5", "id IN (1, 2, 3)", "id NOT IN (1)", "id IS DISTINCT FROM 3",
        "name LIKE 'a%'", "name NOT ILIKE 'b_'", "name LIKE 'a!%' ESCAPE '!'",
        "name SIMILAR TO 'x.*'", "name GLOB 'x*'", "name ~ 'x'", "name || 'x'", "upper(name)",
        "CASE WHEN id = 1 THEN 'a' WHEN id = 2 THEN 'b' END", "CASE id WHEN 1 THEN 2 ELSE 3 END",
        "CAST(id AS VARCHAR)", "id::DECIMAL(10, 2)", "TRY_CAST(name AS DATE)", "name::INTEGER[]",
        "CAST(NULL AS STRUCT(a INTEGER, b VARCHAR))", "CAST(id AS DOUBLE) / 3", "id // 3", "id % 3",
        "id ** 2", "id & 3 | 4", "~id", "-id", "+id", "@id", "id!", "DATE '2024-01-01'",
        "TIMESTAMP '2024-01-01 00:00:00'", "TIMESTAMPTZ '2024-01-01 00:00:00+02'", "INTERVAL 1 DAY",
        "INTERVAL '3 months'", "\"when\" + INTERVAL '1' HOUR", "extract(year FROM \"when\")",
        "date_trunc('day', \"when\")", "\"when\" AT TIME ZONE 'UTC'",
        "substring(name FROM 1 FOR 2)", "position('a' IN name)", "trim(BOTH 'x' FROM name)",
        "list[1]", "list[1:2]", "list[-1]", "[1, 2][1]", "len(list)", "list_contains(list, 3)",
        "list_transform(list, lambda x: x + id)", "list_filter(list, lambda x, i: x > i)",
        "[x * 2 FOR x IN list IF x > 1]", "point.x", "t.point.x", "(point).x", "point['x']",
        "{'a': 1, 'b': id}", "{'a': 1}.a", "row(1, 2)", "MAP {'a': 1}", "MAP {'a': 1}['a']",
        "coalesce(id, 1)", "ifnull(id, 1)", "nullif(id, 1)", "if(id > 1, 'a', 'b')", "id IS TRUE",
        "greatest(id, 3)", "name COLLATE NOCASE = 'x'", "'\\n'", "E'\\n'", "'\xC3\xA4'",
        "'a\nb' = name", "\"a b\"\"c\"", "'ab'::BLOB", "name::BLOB", "x'00ff'", "1::HUGEINT",
        "uuid()", "now()", "current_date", "current_timestamp > \"when\"", "id -- comment",
        "/* before */ id", "id;", "TRY(CAST(name AS INTEGER))", "struct_pack(a := id)",
        "point.\"it's\"", "'NaN'::DOUBLE", "t.\"id\" = T.ID"));

class RefusedExpressionTest : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RefusedExpressionTest, TellsWhy) {
  const auto [text, reason] = GetParam();
  const auto expression = Expression::Parse(text, OneRelation());
  ASSERT_FALSE(expression.ok()) << text << " became " << expression->sql();
  EXPECT_THAT(expression.status().message(), HasSubstr(reason)) << text;
  EXPECT_NE(CodeOf(expression.status()), ErrorCode::kInternal) << text;
}

INSTANTIATE_TEST_SUITE_P(
    NotScalar, RefusedExpressionTest,
    testing::Values(
        std::pair{"", "could not parse SQL"}, std::pair{"id +", "could not parse SQL"},
        std::pair{"1 FROM t", "not one SQL expression"},
        std::pair{"1) FROM (SELECT 1", "could not parse SQL"},
        std::pair{"1 WHERE true", "not one SQL expression"},
        std::pair{"1; DROP TABLE t", "not one SQL expression"},
        std::pair{"1, 2", "not one SQL expression"}, std::pair{"id AS x", "not one SQL expression"},
        std::pair{"DISTINCT id", "not one SQL expression"},
        std::pair{"id ORDER BY 1", "not one SQL expression"},
        std::pair{"id LIMIT 1", "not one SQL expression"},
        std::pair{"id UNION SELECT 1", "not one SQL expression"},
        std::pair{"id GROUP BY ALL", "not one SQL expression"},
        std::pair{"id USING SAMPLE 1", "not one SQL expression"},
        std::pair{"(SELECT 1)", "a subquery is not allowed"},
        std::pair{"id IN (SELECT 1)", "a subquery is not allowed"},
        std::pair{"id IN (FROM t)", "a subquery is not allowed"},
        std::pair{"EXISTS (SELECT 1)", "a subquery is not allowed"},
        std::pair{"1 + (SELECT max(id) FROM t)", "a subquery is not allowed"},
        std::pair{"id = ANY([1, 2])", "a subquery is not allowed"},
        std::pair{"ARRAY(SELECT 1)", "a subquery is not allowed"},
        std::pair{"sum(id)", "'sum', which gives no value for one row"},
        std::pair{"count(*)", "gives no value for one row"},
        std::pair{"unnest(list)", "gives no value for one row"},
        std::pair{"row_number() OVER ()", "a window function is not allowed"},
        std::pair{"sum(id) OVER (PARTITION BY id)", "a window function is not allowed"},
        std::pair{"*", "* and COLUMNS are not allowed"},
        std::pair{"COLUMNS('i.*')", "* and COLUMNS are not allowed"},
        std::pair{"t.*", "* and COLUMNS are not allowed"},
        std::pair{"$1", "a parameter ($1, ?) is not allowed"},
        std::pair{"?", "a parameter ($1, ?) is not allowed"}, std::pair{"#1", "not allowed"},
        std::pair{"DEFAULT", "not allowed"},
        std::pair{"getvariable('x')", "'getvariable' is not allowed"},
        std::pair{"current_setting('threads')", "'current_setting' is not allowed"},
        std::pair{"read_text('/etc/passwd')", "'read_text' is not allowed"},
        std::pair{"query('SELECT 1')", "'query' is not allowed"},
        std::pair{"current_user", "no column 'current_user'"},
        std::pair{"nosuch(id)", "function 'nosuch' does not exist (line 1, column 1)"},
        std::pair{"other.upper(name)", "function 'upper' does not exist"},
        std::pair{"id > 1\n AND nosuch", "no column 'nosuch' (line 2, column 6); there are id, "},
        std::pair{"t.nosuch", "no column 't.nosuch'"}, std::pair{"u.id", "no column 'u.id'"},
        std::pair{"t", "no column 't'"}, std::pair{"id.x", "'id' has no field 'x'"},
        std::pair{"point.z", "'point' has no field 'z'"}, std::pair{"list -> 1", "'->' (write"},
        std::pair{"list_transform(list, x -> x + 1)", "'->' (write"},
        std::pair{"upper(DISTINCT name)", "DISTINCT, FILTER or ORDER BY"}));

TEST(ExpressionTest, NamesAreLookedUpAsWrittenThenWithoutRegardToCase) {
  EXPECT_EQ(Sql("ID = 1"), "(t.id = 1)");
  EXPECT_EQ(Sql("NAME"), "t.\"Name\"");
  const ExpressionScope both = {{{"", arrow::schema({arrow::field("a", arrow::int64()),
                                                     arrow::field("A", arrow::int64())})}}};
  EXPECT_EQ(Sql("A + a", both), "(A + a)");
}

TEST(ExpressionTest, FieldsOfStructsAreFunctions) {
  EXPECT_EQ(Sql("point.X"), "struct_extract(t.point, 'x')");
  EXPECT_EQ(Sql("T.point.\"it's\""), "struct_extract(t.point, 'it''s')");
}

TEST(ExpressionTest, SeveralRelationsNeedTheirAliases) {
  EXPECT_EQ(Sql("target.id = source.id AND v > 1", Merge()),
            "((\"target\".id = \"source\".id) AND (\"source\".v > 1))");
  EXPECT_THAT(Sql("id = 1", Merge()), HasSubstr("stands in several places"));
  EXPECT_THAT(Sql("w = 1", Merge()), HasSubstr("there is no column 'w' (line 1, column 1); there "
                                               "are id, v of source; id, Name"));
}

TEST(ExpressionTest, TellsWhatItReads) {
  const auto expression = *Expression::Parse("source.id = target.id OR target.id > v", Merge());
  EXPECT_THAT(expression.references(),
              ElementsAre(Expression::Column{"source", "id"}, Expression::Column{"target", "id"},
                          Expression::Column{"source", "v"}));
  EXPECT_THAT(expression.columns(), ElementsAre("id", "v"));
}

TEST(ExpressionTest, ParametersOfLambdasHideColumns) {
  const auto expression =
      *Expression::Parse("list_transform(list, lambda id: id + 1)", OneRelation());
  EXPECT_THAT(expression.columns(), ElementsAre("list"));
  EXPECT_THAT(Sql("list_transform(list, lambda y: y + 1) = [y]"), HasSubstr("no column 'y'"));
}

TEST(ExpressionTest, ClockAndRandomNumbersAreNotDeterministic) {
  for (const char* text : {"random()", "uuid()", "now()", "current_date", "Current_Timestamp",
                           "id > 1 AND today() > DATE '2024-01-01'", "age(\"when\")"}) {
    EXPECT_FALSE(Expression::Parse(text, OneRelation())->deterministic()) << text;
  }
  EXPECT_TRUE(Expression::Parse("id + len(name)", OneRelation())->deterministic());
}

TEST(ExpressionTest, ColumnsAreFoundBeforeWordsOfTheClock) {
  const ExpressionScope scope = {
      {{"t", arrow::schema({arrow::field("current_date", arrow::int64())})}}};
  const auto expression = *Expression::Parse("current_date + 1", scope);
  EXPECT_TRUE(expression.deterministic());
  EXPECT_THAT(expression.columns(), ElementsAre("current_date"));
}

TEST(ExpressionTest, LengthAndDepthAreBounded) {
  EXPECT_THAT(Sql(std::string(kExpressionMaxBytes + 1, ' ')), HasSubstr("more than the 65536"));
  std::string nested = "id";
  for (int i = 0; i < 3 * kExpressionMaxDepth; ++i) nested = "abs(" + nested + ")";
  const auto deep = Expression::Parse(nested, OneRelation());
  ASSERT_FALSE(deep.ok());
  EXPECT_EQ(CodeOf(deep.status()), ErrorCode::kInvalidArgument);
  std::string list = "id IN (0";
  for (int i = 1; i < 5000; ++i) list += "," + std::to_string(i);
  EXPECT_TRUE(Expression::Parse(list + ")", OneRelation()).ok());
}

TEST(ExpressionTest, TextMustBeUtf8) {
  EXPECT_THAT(Sql("id = '\xff'"), HasSubstr("must be UTF-8"));
  EXPECT_THAT(Sql(std::string_view("id\0", 3)), HasSubstr("without null bytes"));
}

// The text, evaluated by the engine, gives what the same SQL gives when it is written by hand.
TEST(ExpressionTest, WrittenTextGivesTheSameValues) {
  TestEngine engine;
  const ExpressionScope none = {{}};
  for (const char* text : {"1 + 2 * 3 - 4",
                           "(1 + 2) * 3",
                           "2 - (3 - 4)",
                           "2 ** 3 ** 2",
                           "-2 ** 2",
                           "7 // 2 * 3.5",
                           "NOT true = false",
                           "1 = 1 AND 2 = 3 OR 4 = 4",
                           "1 - -1",
                           "5 & 3 << 1",
                           "[1, 2, 3][2:3]",
                           "CASE WHEN NULL THEN 1 ELSE 2 END",
                           "1::DECIMAL(10, 3) / 3",
                           "'a' || 'b' LIKE 'a%'",
                           "DATE '2024-01-31' + INTERVAL 1 MONTH",
                           "{'a': {'b': [1, 2]}}.a.b[2]",
                           "0.1 + 0.2 = 0.3",
                           "CAST('1.5' AS DOUBLE) + 1e300",
                           "(1 < 2) = (3 > 2)",
                           "1 IN (2, 3) IS NULL"}) {
    const auto written = Expression::Parse(text, none);
    ASSERT_TRUE(written.ok()) << text << written.status().ToString();
    const auto expected = *engine.Sql(std::string("SELECT ") + text + " AS v");
    const auto found = *engine.Sql("SELECT (" + written->sql() + ") AS v");
    EXPECT_TRUE(expected->Equals(*found))
        << text << " as " << written->sql() << ": " << found->ToString();
  }
}

}  // namespace
}  // namespace deltaport::engine
