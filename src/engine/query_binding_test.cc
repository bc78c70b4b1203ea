#include "engine/query_binding.h"

#include <arrow/scalar.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using enum PredicateOperator;

std::shared_ptr<arrow::Schema> Table() {
  return arrow::schema({
      arrow::field("id", arrow::int64(), false),
      arrow::field("small", arrow::int8()),
      arrow::field("big", arrow::uint64()),
      arrow::field("Ratio", arrow::float64()),
      arrow::field("ratio32", arrow::float32()),
      arrow::field("price", arrow::decimal128(10, 2)),
      arrow::field("name", arrow::utf8()),
      arrow::field("kind", arrow::dictionary(arrow::int32(), arrow::utf8())),
      arrow::field("flag", arrow::boolean()),
      arrow::field("day", arrow::date32()),
      arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO)),
      arrow::field("at_ns", arrow::timestamp(arrow::TimeUnit::NANO, "UTC")),
      arrow::field("clock", arrow::time32(arrow::TimeUnit::SECOND)),
      arrow::field("bytes", arrow::binary()),
      arrow::field("list", arrow::list(arrow::int32())),
      arrow::field("A", arrow::int32()),
      arrow::field("a", arrow::int32()),
  });
}

Result<BoundPredicate> BindOne(std::string column, PredicateOperator op, Literal value) {
  ARROW_ASSIGN_OR_RAISE(auto bound,
                        BindPredicates({{std::move(column), op, {std::move(value)}}}, *Table()));
  return bound[0];
}

// "gt 5", "never", "is_not_null": what became of a comparison.
std::string Show(const Result<BoundPredicate>& bound) {
  if (!bound.ok()) return bound.status().message();
  if (bound->never) return "never";
  std::string text(OperatorName(bound->op));
  for (const auto& value : bound->values) text += " " + value->ToString();
  return text;
}

std::string Show(std::string column, PredicateOperator op, Literal value) {
  return Show(BindOne(std::move(column), op, std::move(value)));
}

std::string ErrorOf(const StructuredQuery& query) {
  const auto bound = Bind(query, *Table());
  if (bound.ok()) return "";
  EXPECT_EQ(CodeOf(bound.status()), ErrorCode::kInvalidArgument);
  return bound.status().message();
}

TEST(QueryBinding, IntegerColumnTakesNumbersAndNumericText) {
  EXPECT_EQ(Show("id", kEq, int64_t{5}), "eq 5");
  EXPECT_EQ(Show("id", kEq, "5"), "eq 5");
  EXPECT_EQ(Show("id", kEq, 5.0), "eq 5");
  EXPECT_EQ(Show("id", kEq, "-5.00"), "eq -5");
  EXPECT_EQ(Show("id", kEq, "abc"), "never");
  EXPECT_EQ(Show("id", kNeq, "abc"), "is_not_null");
  EXPECT_EQ(Show("id", kEq, true), "never");
  EXPECT_EQ(Show("id", kEq, ""), "never");
}

TEST(QueryBinding, LiteralBetweenIntegersMovesToItsNeighbour) {
  EXPECT_EQ(Show("id", kEq, 5.5), "never");
  EXPECT_EQ(Show("id", kNeq, 5.5), "is_not_null");
  EXPECT_EQ(Show("id", kGt, 5.5), "gt 5");
  EXPECT_EQ(Show("id", kGte, 5.5), "gt 5");
  EXPECT_EQ(Show("id", kLt, 5.5), "lte 5");
  EXPECT_EQ(Show("id", kLte, -5.5), "lte -6");
  EXPECT_EQ(Show("id", kGt, -0.5), "gt -1");
}

TEST(QueryBinding, LiteralOutsideOfTheRangeMatchesNothingOrEverything) {
  EXPECT_EQ(Show("small", kGt, int64_t{127}), "gt 127");
  EXPECT_EQ(Show("small", kGt, int64_t{128}), "never");
  EXPECT_EQ(Show("small", kLt, int64_t{128}), "is_not_null");
  EXPECT_EQ(Show("small", kLt, 127.5), "is_not_null");
  EXPECT_EQ(Show("small", kGte, -1e300), "is_not_null");
  EXPECT_EQ(Show("small", kEq, 1e300), "never");
  EXPECT_EQ(Show("big", kGte, int64_t{-1}), "is_not_null");
  EXPECT_EQ(Show("big", kEq, uint64_t{18446744073709551615u}), "eq 18446744073709551615");
  EXPECT_EQ(Show("id", kLt, "1e1000000000000"), "is_not_null");
  EXPECT_EQ(Show("id", kGt, "1e-1000000000000"), "gt 0");
}

TEST(QueryBinding, DecimalColumnComparesExactly) {
  EXPECT_EQ(Show("price", kEq, 3.1), "eq 3.10");
  EXPECT_EQ(Show("price", kEq, "3.10"), "eq 3.10");
  EXPECT_EQ(Show("price", kEq, NumberText{"12345678.12"}), "eq 12345678.12");
  EXPECT_EQ(Show("price", kEq, 0.001), "never");
  EXPECT_EQ(Show("price", kGt, -0.001), "gt -0.01");
  EXPECT_EQ(Show("price", kLt, int64_t{100'000'000}), "is_not_null");
  EXPECT_EQ(Show("price", kLt, 99999999.995), "is_not_null");
  EXPECT_EQ(Show("price", kEq, "cheap"), "never");
}

TEST(QueryBinding, FloatColumnTakesTheNearestValue) {
  EXPECT_EQ(Show("ratio", kEq, int64_t{2}), "eq 2");
  EXPECT_EQ(Show("ratio32", kEq, 0.1), "eq 0.1");
  EXPECT_EQ(Show("ratio32", kLt, 1e300), "lte 3.4028235e+38");
  EXPECT_EQ(Show("ratio", kEq, "-inf"), "eq -inf");
  EXPECT_EQ(Show("ratio", kEq, "much"), "never");
}

TEST(QueryBinding, TextColumnTakesAnythingAsText) {
  EXPECT_EQ(Show("name", kEq, "x"), "eq x");
  EXPECT_EQ(Show("kind", kEq, int64_t{5}), "eq 5");
  EXPECT_EQ(Show("name", kLike, "a%"), "like a%");
  EXPECT_EQ(Show("kind", kIlike, "a%"), "ilike a%");
  EXPECT_EQ(Show("name", kLike, int64_t{5}), "invalid value: 'like' requires a string");
  EXPECT_EQ(Show("id", kLike, "5%"), "invalid value: 'like' needs a text column; 'id' is int64");
}

TEST(QueryBinding, BooleanColumnTakesWords) {
  EXPECT_EQ(Show("flag", kEq, "TRUE"), "eq true");
  EXPECT_EQ(Show("flag", kEq, false), "eq false");
  EXPECT_EQ(Show("flag", kEq, int64_t{1}), "never");
}

TEST(QueryBinding, TemporalColumnsTakeIsoText) {
  EXPECT_EQ(Show("day", kEq, "2024-01-30"), "eq 2024-01-30");
  EXPECT_EQ(Show("day", kLt, "2024-01-30T12:00:00"), "lte 2024-01-30");
  EXPECT_EQ(Show("at", kGte, "2024-01-01T00:00:37"), "gte 2024-01-01 00:00:37.000000");
  EXPECT_EQ(Show("at", kGte, "2024-01-01 01:00:37.5+01:00"), "gte 2024-01-01 00:00:37.500000");
  EXPECT_EQ(Show("at", kGte, "2024-01-01T00:00:00.0000001"), "gt 2024-01-01 00:00:00.000000");
  EXPECT_EQ(Show("at_ns", kGt, "1500-01-01"), "is_not_null");
  EXPECT_EQ(Show("at_ns", kGt, "2500-01-01"), "never");
  EXPECT_EQ(Show("clock", kEq, "12:00:05"), "eq 12:00:05");
}

TEST(QueryBinding, BadTemporalTextIsRefusedNamingTheColumn) {
  EXPECT_EQ(Show("day", kEq, "2023-02-29"),
            "invalid value: '2023-02-29' cannot be compared with column 'day' (date32[day]); "
            "write it like \"2024-01-30\"");
  EXPECT_THAT(Show("at", kGt, "soon"), HasSubstr("'soon' cannot be compared with column 'at'"));
  EXPECT_THAT(Show("at", kGt, "2024-01-01T25:00:00"), HasSubstr("cannot be compared"));
  EXPECT_THAT(Show("day", kEq, int64_t{5}), HasSubstr("is compared with text like"));
}

TEST(QueryBinding, BinaryColumnTakesBase64) {
  EXPECT_EQ(Show("bytes", kEq, "aGk="), "eq hi");
  EXPECT_THAT(Show("bytes", kEq, "?"), HasSubstr("(base64)"));
}

TEST(QueryBinding, NestedColumnTakesNullTestsOnly) {
  EXPECT_EQ(Show(BindOne("list", kIsNull, {})), "is_null");
  EXPECT_THAT(Show("list", kEq, "x"), HasSubstr("only is_null and is_not_null apply"));
}

TEST(QueryBinding, MembershipKeepsWhatCanMatch) {
  const auto bind = [](std::vector<Literal> values) {
    auto bound = BindPredicates({{"id", kIn, std::move(values)}}, *Table());
    return bound.ok() ? Show(Result<BoundPredicate>((*bound)[0])) : bound.status().message();
  };
  EXPECT_EQ(bind({int64_t{1}, {}, "2", 2.5, "x", int64_t{1}}), "in 1 2 1");
  EXPECT_EQ(bind({"x", {}}), "never");
  EXPECT_EQ(bind({}), "invalid value: 'in' needs a non-empty array");
}

TEST(QueryBinding, MissingValueIsRefused) {
  EXPECT_EQ(Show("id", kEq, {}), "invalid value: 'eq' requires a value");
  EXPECT_EQ(ErrorOf({.predicates = {{"name", kLike, {}}}}),
            "invalid value: 'like' requires a value");
}

TEST(QueryBinding, NamesMatchExactlyFirstThenWithoutCase) {
  auto bound = Bind({.columns = {"RATIO", "a", "ID", "id"}}, *Table());
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_THAT(bound->columns, ElementsAre(3, 16, 0));
  EXPECT_THAT(bound->output_names, ElementsAre("Ratio", "a", "id"));
  EXPECT_EQ(ErrorOf({.columns = {"nope"}}), "unknown column: nope");
}

TEST(QueryBinding, GroupingNamesItsOutput) {
  auto bound = Bind({.group_by = {"name", "NAME"},
                     .aggregations = {{AggregateFunction::kCount, {}, {}},
                                      {AggregateFunction::kSum, "Ratio", {}},
                                      {AggregateFunction::kAvg, "price", "mean"}},
                     .having = {{"MEAN", kGt, {3.0}}, {"count", kGt, {int64_t{2}}}},
                     .order_by = {{"sum_ratio", SortDirection::kDescending}, {"name"}}},
                    *Table());
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_THAT(bound->output_names, ElementsAre("name", "count", "sum_ratio", "mean"));
  EXPECT_EQ(bound->having[0].column, 3);
  EXPECT_EQ(bound->having[0].values[0]->ToString(), "3.000000");
  EXPECT_EQ(bound->order_by[0].output, 2);
  auto schema = OutputSchema(*bound, *Table());
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ((*schema)->field(3)->type()->ToString(), "decimal128(14, 6)");
}

TEST(QueryBinding, GroupingWithoutAggregationsCounts) {
  auto bound = Bind({.group_by = {"name"}}, *Table());
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_THAT(bound->output_names, ElementsAre("name", "count"));
}

TEST(QueryBinding, GroupingMistakesAreRefused) {
  const Aggregation count{AggregateFunction::kCount, {}, {}};
  EXPECT_EQ(ErrorOf({.group_by = {"name"}, .order_by = {{"id"}}}),
            "unknown column: id (must be a group_by column or aggregation alias)");
  EXPECT_EQ(ErrorOf({.group_by = {"name"}, .having = {{"id", kEq, {int64_t{1}}}}}),
            "unknown column: id (must be a group_by column or aggregation alias)");
  EXPECT_EQ(ErrorOf({.aggregations = {count}}),
            "invalid value: aggregations require a non-empty group_by");
  EXPECT_EQ(ErrorOf({.having = {{"id", kIsNull, {}}}}),
            "invalid value: having requires a non-empty group_by");
  EXPECT_EQ(ErrorOf({.group_by = {"name"}, .distinct = true}),
            "invalid value: distinct is mutually exclusive with group_by / aggregations");
  EXPECT_EQ(ErrorOf({.group_by = {"name"}, .aggregations = {{AggregateFunction::kSum, {}, {}}}}),
            "invalid value: aggregation 'sum' requires a 'col'");
  EXPECT_THAT(
      ErrorOf({.group_by = {"id"}, .aggregations = {{AggregateFunction::kSum, "name", {}}}}),
      HasSubstr("'sum' needs a column of numbers; 'name' is string"));
  EXPECT_THAT(ErrorOf({.group_by = {"id"}, .aggregations = {count, count}}),
              HasSubstr("two columns of the result are called 'count'"));
  EXPECT_THAT(
      ErrorOf({.group_by = {"id"}, .aggregations = {{AggregateFunction::kMax, "list", {}}}}),
      HasSubstr("cannot order the values"));
}

TEST(QueryBinding, OrderMayNameColumnsOutsideOfTheOutputUnlessDistinct) {
  auto bound = Bind({.columns = {"name"}, .order_by = {{"id"}, {"Name"}, {"id"}}}, *Table());
  ASSERT_TRUE(bound.ok()) << bound.status();
  ASSERT_EQ(bound->order_by.size(), 2u);
  EXPECT_FALSE(bound->order_by[0].in_output);
  EXPECT_EQ(bound->order_by[0].output, 0);
  EXPECT_TRUE(bound->order_by[1].in_output);
  EXPECT_EQ(ErrorOf({.columns = {"name"}, .distinct = true, .order_by = {{"id"}}}),
            "invalid value: order_by column 'id' must be among the columns of a distinct query");
}

TEST(QueryBinding, CountsOverTheBoundsAreRefused) {
  StructuredQuery query;
  query.predicates.assign(1'000, {"id", kGt, {int64_t{1}}});
  EXPECT_EQ(ErrorOf(query), "");
  query.predicates.assign(1'025, {"id", kGt, {int64_t{1}}});
  EXPECT_EQ(ErrorOf(query),
            "invalid value: 1025 predicates in one request; at most 1024 are taken");
  query.predicates = {{"id", kIn, std::vector<Literal>(100'001, int64_t{1})}};
  EXPECT_THAT(ErrorOf(query), HasSubstr("at most 100000 are taken"));
}

}  // namespace
}  // namespace deltaport::engine
