#include "ports/datapress/query_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::ports::datapress {
namespace {

using testing::ElementsAre;

std::string ReadError(std::string_view text) {
  const auto body = ReadQueryBody(text);
  if (body.ok()) return "";
  EXPECT_EQ(CodeOf(body.status()), ErrorCode::kInvalidArgument);
  const std::string prefix = "Json deserialize error: ";
  EXPECT_TRUE(body.status().message().starts_with(prefix)) << body.status();
  return body.status().message().substr(prefix.size());
}

std::string MeaningError(std::string_view text) {
  auto body = ReadQueryBody(text);
  if (!body.ok()) return body.status().message();
  const auto query = ToStructuredQuery(*std::move(body));
  return query.ok() ? "" : query.status().message();
}

TEST(QueryRequest, ObjectGivesEveryField) {
  auto body = ReadQueryBody(R"({"columns":["a"],"predicates":[{"col":"x","op":"in","val":[1,"b",
    null,2.5,18446744073709551615,1.00000000000000001]}],"group_by":["g"],
    "aggregations":[{"op":"SUM","col":"n","alias":"s"},{"op":"count"}],
    "having":[{"col":"s","op":"gt","val":-3}],"distinct":true,
    "order_by":[{"col":"s","dir":"DESC"},{"col":"g"}],"limit":7,"page":2,"page_size":3,
    "unknown":{"deep":[[]]}})");
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->page, 2u);
  auto query = ToStructuredQuery(*body);
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_THAT(query->columns, ElementsAre("a"));
  ASSERT_EQ(query->predicates[0].values.size(), 6u);
  EXPECT_EQ(std::get<uint64_t>(query->predicates[0].values[4]), 18446744073709551615u);
  EXPECT_EQ(std::get<engine::NumberText>(query->predicates[0].values[5]).text,
            "1.00000000000000001");
  EXPECT_EQ(query->aggregations[0].function, engine::AggregateFunction::kSum);
  EXPECT_EQ(query->aggregations[1].column, std::nullopt);
  EXPECT_EQ(std::get<int64_t>(query->having[0].values[0]), -3);
  EXPECT_EQ(query->order_by[0].direction, engine::SortDirection::kDescending);
  EXPECT_EQ(query->limit, 7u);
}

TEST(QueryRequest, ArrayGivesFieldsByPosition) {
  auto body = ReadQueryBody(R"([["a"],[["x","eq",1]],[],[],[],false,[["a","desc"]],null,4])");
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_THAT(body->columns, ElementsAre("a"));
  EXPECT_EQ(body->predicates[0].op, "eq");
  EXPECT_EQ(body->order_by[0].direction, "desc");
  EXPECT_EQ(body->page, 4u);
  EXPECT_EQ(body->page_size, 1000u);
  EXPECT_TRUE(ReadQueryBody("[]").ok());
}

TEST(QueryRequest, MalformedJsonIsNamedWithItsPosition) {
  EXPECT_EQ(ReadError("{nope}"), "key must be a string at line 1 column 2");
  EXPECT_EQ(ReadError(""), "EOF while parsing a value at line 1 column 0");
  EXPECT_EQ(ReadError("{\"page\":"), "EOF while parsing a value at line 1 column 8");
  EXPECT_EQ(ReadError("{\"page\":1"), "EOF while parsing an object at line 1 column 9");
  EXPECT_EQ(ReadError("{\"columns\":[\"a\""), "EOF while parsing a list at line 1 column 15");
  EXPECT_EQ(ReadError("{\"columns\":[\"a"), "EOF while parsing a string at line 1 column 14");
  EXPECT_EQ(ReadError("{} x"), "trailing characters at line 1 column 4");
  EXPECT_EQ(ReadError("{\"page\":1,}"), "trailing comma at line 1 column 11");
  EXPECT_EQ(ReadError("{\n\"page\" 1}"), "expected `:` at line 2 column 8");
  EXPECT_EQ(ReadError("[1 2]"), "expected `,` or `]` at line 1 column 4");
}

TEST(QueryRequest, WrongTypesAreNamedWithTheirPosition) {
  EXPECT_EQ(ReadError(R"({"page_size":"5"})"),
            "invalid type: string \"5\", expected u64 at line 1 column 16");
  EXPECT_EQ(ReadError(R"({"page":-1})"),
            "invalid value: integer `-1`, expected u64 at line 1 column 10");
  EXPECT_EQ(ReadError(R"({"page":1.5})"),
            "invalid type: floating point `1.5`, expected u64 at line 1 column 11");
  EXPECT_EQ(ReadError(R"({"columns":null})"),
            "invalid type: null, expected a sequence at line 1 column 15");
  EXPECT_EQ(ReadError(R"({"columns":[1]})"),
            "invalid type: integer `1`, expected a string at line 1 column 13");
  EXPECT_EQ(ReadError(R"({"page":[1]})"),
            "invalid type: sequence, expected u64 at line 1 column 8");
  EXPECT_EQ(ReadError(R"({"distinct":"yes"})"),
            "invalid type: string \"yes\", expected a boolean at line 1 column 17");
  EXPECT_EQ(ReadError("5"),
            "invalid type: integer `5`, expected struct QueryRequest at line 1 column 1");
  EXPECT_EQ(ReadError(R"({"predicates":[{"op":"eq"}]})"),
            "missing field `col` at line 1 column 26");
  EXPECT_EQ(ReadError(R"({"page":1,"page":2})"), "duplicate field `page` at line 1 column 16");
}

TEST(QueryRequest, DeepNestingIsRefusedEvenInUnknownFields) {
  const std::string deep = R"({"x":)" + std::string(10'000, '[') + std::string(10'000, ']') + "}";
  EXPECT_EQ(ReadError(deep), "recursion limit exceeded at line 1 column 133");
  EXPECT_EQ(ReadError(R"({"x":")" + std::string(10'000, '[') + "\"}"), "");
}

TEST(QueryRequest, MeaninglessWordsAreRefused) {
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"bad","val":1}]})"),
            "unknown operator: bad");
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"EQ","val":1}]})"),
            "unknown operator: EQ");
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"eq","val":null}]})"),
            "invalid value: 'eq' requires a value");
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"eq","val":[1]}]})"),
            "invalid value: unsupported literal type in predicate");
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"in","val":[[1]]}]})"),
            "invalid value: unsupported literal type in predicate");
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"in","val":[]}]})"),
            "invalid value: 'in' needs a non-empty array");
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"in"}]})"),
            "invalid value: 'in' requires a value");
  EXPECT_EQ(MeaningError(R"({"predicates":[{"col":"a","op":"in","val":5}]})"),
            "invalid value: 'in' needs a non-empty array");
  EXPECT_EQ(MeaningError(R"({"order_by":[{"col":"a","dir":"sideways"}]})"),
            "invalid value: order_by direction must be 'asc' or 'desc' (got 'sideways')");
  EXPECT_EQ(MeaningError(R"({"aggregations":[{"op":"median"}]})"),
            "invalid value: unknown aggregation op 'median' (expected count|sum|avg|min|max)");
}

TEST(QueryRequest, PageIsBroughtIntoItsBounds) {
  EXPECT_EQ(EffectivePage(0, 0, 100).number, 1u);
  EXPECT_EQ(EffectivePage(0, 0, 100).size, 1u);
  EXPECT_EQ(EffectivePage(3, 1000, 100).size, 100u);
}

TEST(QueryRequest, LimitCutsTheLastPage) {
  engine::StructuredQuery query;
  query.limit = 25;
  RestrictToPage({3, 10}, query);
  EXPECT_EQ(query.offset, 20u);
  EXPECT_EQ(query.limit, 5u);
  query.limit = 25;
  RestrictToPage({~uint64_t{0}, 10}, query);
  EXPECT_EQ(query.limit, 0u);
  EXPECT_LE(query.offset, uint64_t{1} << 62);
}

}  // namespace
}  // namespace deltaport::ports::datapress
