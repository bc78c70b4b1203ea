#include "lake/write/merge_clause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

std::vector<std::pair<std::string, std::string>> Pairs(const std::vector<Assignment>& list) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& assignment : list) pairs.emplace_back(assignment.column, assignment.expression);
  return pairs;
}

using PairList = std::vector<std::pair<std::string, std::string>>;

std::string MessageOf(std::string_view clause) {
  const auto parsed = ParseMergeClause(clause);
  if (parsed.ok()) return "no error";
  EXPECT_EQ(CodeOf(parsed.status()), ErrorCode::kInvalidArgument);
  return parsed.status().message();
}

TEST(MergeClause, AssignmentsAreSplitAtTopLevelCommasOnly) {
  const auto parsed = ParseAssignments(
      " a = b = 2 , \"odd \"\"name\" = greatest(x, [1, 2][1]), target.`c` = 'it''s, so',"
      "d=CASE WHEN x THEN 1 END");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(Pairs(*parsed), (PairList{{"a", "b = 2"},
                                      {"odd \"name", "greatest(x, [1, 2][1])"},
                                      {"c", "'it''s, so'"},
                                      {"d", "CASE WHEN x THEN 1 END"}}));
}

TEST(MergeClause, AColumnThatIsSetTwiceIsRefused) {
  const auto parsed = ParseAssignments("a = 1, A = 2");
  ASSERT_FALSE(parsed.ok());
  EXPECT_THAT(parsed.status().message(), testing::HasSubstr("column 'A' is set twice"));
}

TEST(MergeClause, ConditionEndsAtItsOwnThen) {
  const auto parsed = ParseMergeClause(
      "WHEN MATCHED AND (CASE WHEN source.x THEN 1 ELSE 2 END) = 1 AND 'then' <> t.c THEN DELETE");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->when, MergeWhen::kMatched);
  EXPECT_EQ(parsed->action, MergeAction::kDelete);
  EXPECT_EQ(parsed->condition, "(CASE WHEN source.x THEN 1 ELSE 2 END) = 1 AND 'then' <> t.c");
}

TEST(MergeClause, CaseWithoutBracketsKeepsItsThen) {
  const auto parsed = ParseMergeClause("matched and case when a then b else c end then update *");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->condition, "case when a then b else c end");
  EXPECT_TRUE(parsed->all_columns);
}

TEST(MergeClause, InsertPairsColumnsWithValues) {
  const auto parsed = ParseMergeClause(
      "not matched by target then insert (id, \"b\") values (f(1, g(2)), DEFAULT)");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->when, MergeWhen::kNotMatched);
  EXPECT_EQ(Pairs(parsed->assignments), (PairList{{"id", "f(1, g(2))"}, {"b", "DEFAULT"}}));
  EXPECT_TRUE(IsDefault(parsed->assignments[1].expression));
}

TEST(MergeClause, NotMatchedBySourceUpdatesOrDeletes) {
  const auto update = ParseMergeClause("not matched by source and x > 1 then update set a = a + 1");
  ASSERT_TRUE(update.ok()) << update.status();
  EXPECT_EQ(update->when, MergeWhen::kNotMatchedBySource);
  EXPECT_EQ(Pairs(update->assignments), (PairList{{"a", "a + 1"}}));
  EXPECT_EQ(ParseMergeClause("not matched by source then delete")->action, MergeAction::kDelete);
}

TEST(MergeClause, MistakesAreToldWithTheirPlace) {
  EXPECT_THAT(MessageOf("matched then insert *"), testing::HasSubstr("'update' or 'delete'"));
  EXPECT_THAT(MessageOf("not matched then delete"), testing::HasSubstr("expected 'insert'"));
  EXPECT_THAT(MessageOf("not matched by source then update *"), testing::HasSubstr("'set'"));
  EXPECT_THAT(MessageOf("matched and x"), testing::HasSubstr("'then' at character 14"));
  EXPECT_THAT(MessageOf("matched and then delete"), testing::HasSubstr("an expression"));
  EXPECT_THAT(MessageOf("matched then update set a"), testing::HasSubstr("'='"));
  EXPECT_THAT(MessageOf("matched then update set a = (1"), testing::HasSubstr("no error"));
  EXPECT_THAT(MessageOf("not matched then insert (a, b) values (1)"),
              testing::HasSubstr("expected ','"));
  EXPECT_THAT(MessageOf("not matched then insert (a) values (1, 2)"),
              testing::HasSubstr("expected ')'"));
  EXPECT_THAT(MessageOf("matched then delete now"), testing::HasSubstr("expected the end"));
  EXPECT_THAT(MessageOf("matched then update set a = 'b"), testing::HasSubstr("closing quote"));
  EXPECT_THAT(MessageOf("matched) then delete"), testing::HasSubstr("no closing bracket"));
  EXPECT_THAT(MessageOf(""), testing::HasSubstr("found its end"));
}

TEST(MergeClause, TooLongTextIsRefused) {
  const auto parsed = ParseAssignments("a = " + std::string(kClauseMaxBytes, '1'));
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(CodeOf(parsed.status()), ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace deltaport::lake
