#include "lake/write/alter.h"

#include <gtest/gtest.h>

#include "delta/schema_change.h"
#include "lake/upkeep/upkeep_test_support.h"

namespace deltaport::lake {
namespace {

const CancelToken kNoCancel;

Status Change(UpkeepTable& table, const delta::TableChange& change) {
  return delta::ChangeTable(table.location(), change, kNoCancel).status();
}

TEST(Alter, ColumnPathsHaveNamesInBackticks) {
  EXPECT_EQ(*ParseColumnPath("a"), (delta::ColumnPath{"a"}));
  EXPECT_EQ(*ParseColumnPath("a.b.c"), (delta::ColumnPath{"a", "b", "c"}));
  EXPECT_EQ(*ParseColumnPath("`a.b`.c"), (delta::ColumnPath{"a.b", "c"}));
  EXPECT_EQ(*ParseColumnPath("`a``b`"), (delta::ColumnPath{"a`b"}));
  for (const char* wrong : {"", ".", "a.", ".a", "a..b", "`a", "`a`b", "``"}) {
    EXPECT_FALSE(ParseColumnPath(wrong).ok()) << wrong;
  }
}

TEST(Alter, AConstraintThatARowBreaksIsNotAdded) {
  UpkeepTable table;
  table.Append({1, 5, 9});
  const auto add = [&](const char* condition) {
    return Change(table, [&](delta::Transaction& transaction) {
      return AddConstraint(table.engine(), transaction, "small", condition, kNoCancel);
    });
  };
  const Status broken = add("id < 9");
  EXPECT_EQ(CodeOf(broken), ErrorCode::kInvalidArgument);
  EXPECT_NE(broken.message().find("1 rows of the table break the constraint 'small' (`id < 9`), "
                                  "such as (id = 9"),
            std::string::npos)
      << broken;
  EXPECT_EQ(CodeOf(add("id +")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(add("nothing > 1")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(table.Open()->version(), 1);
  EXPECT_TRUE(add("id < 10").ok());
  EXPECT_EQ(table.Open()->metadata().configuration.at("delta.constraints.small"), "id < 10");
}

TEST(Alter, NullsAreFoundBeforeTheyAreRefused) {
  UpkeepTable table;
  table.Append({1});
  ASSERT_TRUE(Change(table, [](delta::Transaction& transaction) {
                return AddColumn(transaction, {"place"}, "STRUCT<x: INT>", "where", "id");
              }).ok());
  const auto set = [&](delta::ColumnPath path) {
    return Change(table, [&, path](delta::Transaction& transaction) {
      return SetNotNull(table.engine(), transaction, path, kNoCancel);
    });
  };
  EXPECT_TRUE(set({"id"}).ok());
  const Status null = set({"place"});
  EXPECT_NE(null.message().find("1 rows of the table have no value in 'place'"), std::string::npos)
      << null;
  EXPECT_TRUE(set({"place", "x"}).ok()) << "there is no struct without x";
  EXPECT_EQ(CodeOf(set({"nothing"})), ErrorCode::kNotFound);
  const auto schema = table.Open()->schema();
  EXPECT_FALSE(schema->field(0)->nullable());
  EXPECT_EQ(schema->field(1)->name(), "place");
}

TEST(Alter, TypesAndDefaultsAreCheckedAsText) {
  UpkeepTable table({{"delta.enableTypeWidening", "true"}}, {});
  const auto add = [&](const char* type) {
    return Change(table, [&](delta::Transaction& transaction) {
      return AddColumn(transaction, {"n"}, type, std::nullopt, std::nullopt);
    });
  };
  EXPECT_EQ(CodeOf(add("NOTYPE")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(add("INT, b INT")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(add("INT NOT NULL")), ErrorCode::kInvalidArgument);
  ASSERT_TRUE(add("INT").ok());
  const auto set_default = [&](const char* text) {
    return Change(table, [&](delta::Transaction& transaction) {
      return lake::SetColumnDefault(transaction, {"n"}, text);
    });
  };
  EXPECT_EQ(CodeOf(set_default("id + 1")), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(set_default("2 * 3").ok());
  EXPECT_TRUE(Change(table, [](delta::Transaction& transaction) {
                return ChangeColumnType(transaction, {"n"}, "BIGINT");
              }).ok());
  EXPECT_EQ(table.Open()->schema()->GetFieldByName("n")->type()->id(), arrow::Type::INT64);
}

}  // namespace
}  // namespace deltaport::lake
