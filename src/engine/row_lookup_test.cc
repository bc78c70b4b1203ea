#include "engine/row_lookup.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"
#include "engine/query_binding.h"

namespace deltaport::engine {
namespace {

constexpr int64_t kFileRows = 5'000;

// Three files of rows whose `key` recurs every 500 rows.
std::shared_ptr<const TableSource> AddKeys(TestEngine& engine, int64_t file_rows = kFileRows) {
  for (int64_t file = 0; file < 3; ++file) {
    arrow::Int64Builder ids, keys;
    arrow::StringBuilder names;
    for (int64_t row = 0; row < file_rows; ++row) {
      const int64_t id = file * file_rows + row;
      EXPECT_TRUE(ids.Append(id).ok());
      EXPECT_TRUE(keys.Append(id % 500).ok());
      EXPECT_TRUE((id % 3 == 0 ? names.AppendNull() : names.Append(fmt::format("n{}", id))).ok());
    }
    const auto table = arrow::Table::Make(
        arrow::schema({arrow::field("id", arrow::int64()), arrow::field("key", arrow::int64()),
                       arrow::field("name", arrow::utf8())}),
        {*ids.Finish(), *keys.Finish(), *names.Finish()});
    engine.WriteParquet(fmt::format("/keys/{}.parquet", file), *table, 1'200);
  }
  return engine.AddParquet("keys", "/keys/*.parquet");
}

BoundQuery Where(const TableSource& table, std::vector<Predicate> predicates) {
  StructuredQuery query;
  query.predicates = std::move(predicates);
  return Bind(query, *table.schema()).ValueOrDie();
}

TEST(RowLookup, OnlyQueriesForFewRowsOfSeveralColumnsAreLookedUp) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  EXPECT_GT(LookupRowsMax(Where(*table, {{"key", PredicateOperator::kEq, {int64_t{7}}}})), 0U);
  EXPECT_EQ(LookupRowsMax(Where(*table, {{"key", PredicateOperator::kGt, {int64_t{7}}}})), 0U);
  EXPECT_EQ(LookupRowsMax(SelectAll(*table->schema())), 0U);
  auto page = SelectAll(*table->schema());
  page.limit = 100;
  page.offset = 50'000;
  EXPECT_GE(LookupRowsMax(page), 100U);
  auto first_page = page;
  first_page.offset = 100;
  EXPECT_EQ(LookupRowsMax(first_page), 0U);
  auto distinct = page;
  distinct.distinct = true;
  EXPECT_EQ(LookupRowsMax(distinct), 0U);
  auto narrow = Where(*table, {{"key", PredicateOperator::kEq, {int64_t{7}}}});
  narrow.columns = {1};
  EXPECT_EQ(LookupRowsMax(narrow), 0U);
}

TEST(RowLookup, RowsOfSeveralFilesComeInTheOrderOfTheTable) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  const auto query = Where(*table, {{"key", PredicateOperator::kEq, {int64_t{42}}}});
  const auto rows = engine.Run(table, query);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ((*rows)->num_rows(), 30);
  const auto combined = *(*rows)->CombineChunksToBatch();
  const auto& ids = static_cast<const arrow::Int64Array&>(*combined->column(0));
  const auto& names = static_cast<const arrow::StringArray&>(*combined->column(2));
  for (int64_t i = 0; i < ids.length(); ++i) {
    EXPECT_EQ(ids.Value(i), i * 500 + 42);
    EXPECT_EQ(names.IsNull(i), ids.Value(i) % 3 == 0);
    if (names.IsNull(i)) continue;
    EXPECT_EQ(names.GetView(i), fmt::format("n{}", ids.Value(i)));
  }
}

TEST(RowLookup, OrderOffsetAndRenamedColumnsAreKept) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  auto query = Where(*table, {{"key", PredicateOperator::kEq, {int64_t{42}}}});
  query.columns = {2, 0};
  query.output_names = {"label", "number"};
  query.order_by = {{1, true, SortDirection::kDescending}};
  query.offset = 1;
  query.limit = 2;
  const auto rows = engine.Run(table, query);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)->schema()->field_names(), (std::vector<std::string>{"label", "number"}));
  const auto combined = *(*rows)->CombineChunksToBatch();
  const auto& ids = static_cast<const arrow::Int64Array&>(*combined->column(1));
  ASSERT_EQ(ids.length(), 2);
  EXPECT_EQ(ids.Value(0), 14'042);
  EXPECT_EQ(ids.Value(1), 13'542);
}

TEST(RowLookup, NoRowsKeepTheSchema) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  const auto rows =
      engine.Run(table, Where(*table, {{"key", PredicateOperator::kEq, {int64_t{-1}}}}));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)->num_rows(), 0);
  EXPECT_TRUE((*rows)->schema()->Equals(*table->schema(), false));
}

TEST(RowLookup, PageAcrossFilesEqualsTheScan) {
  constexpr int64_t kRows = 25'000;
  TestEngine engine;
  const auto table = AddKeys(engine, kRows);
  auto page = SelectAll(*table->schema());
  page.limit = 3'000;
  page.offset = kRows - 1'500;
  ASSERT_GT(LookupRowsMax(page), 0U);
  const auto rows = engine.Run(table, page);
  ASSERT_TRUE(rows.ok()) << rows.status();
  const auto all = *engine.Run(table, SelectAll(*table->schema()));
  const auto expected = all->Slice(kRows - 1'500, 3'000);
  EXPECT_TRUE((*(*rows)->CombineChunks())->Equals(**expected->CombineChunks(), false));
}

TEST(RowLookup, MoreRowsThanAreWorthItComeByTheScan) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  auto query = Where(*table, {{"key", PredicateOperator::kIn, {int64_t{1}, int64_t{2}}},
                              {"id", PredicateOperator::kGte, {int64_t{0}}}});
  const auto few = engine.Run(table, query);
  ASSERT_TRUE(few.ok());
  EXPECT_EQ((*few)->num_rows(), 60);
  std::vector<Literal> many;
  for (int64_t i = 0; i < 16; ++i) many.emplace_back(i);
  const auto more =
      engine.Run(table, Where(*table, {{"key", PredicateOperator::kIn, std::move(many)}}));
  ASSERT_TRUE(more.ok());
  EXPECT_EQ((*more)->num_rows(), 480);
}

// What the page indexes say of the rows, without a scan.
Result<std::optional<std::vector<RowPlace>>> FindPlaces(const TableSource& table,
                                                        const BoundQuery& query) {
  return RowFetcher(std::make_shared<TableFiles>(1 << 20), 1 << 20)
      .Find(table, query, 100, CancelToken());
}

TEST(RowLookup, ValuesInOrderAreFoundByThePageIndexes) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  auto query = Where(*table, {{"id", PredicateOperator::kIn, {int64_t{1'205}, int64_t{12'000}}}});
  const auto found = FindPlaces(*table, query);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(*found);
  ASSERT_EQ((*found)->size(), 2U);
  EXPECT_EQ((**found)[0].file, 0U);
  EXPECT_EQ((**found)[0].row, 1'205);
  EXPECT_EQ((**found)[1].file, 2U);
  EXPECT_EQ((**found)[1].row, 2'000);
  query.offset = 1;
  EXPECT_EQ((*FindPlaces(*table, query))->size(), 1U);
  const auto rows = engine.Run(table, query);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ((*rows)->num_rows(), 1);
}

TEST(RowLookup, AllPredicatesDecideWhatIsFound) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  const auto places = [&](int64_t key, const std::string& name) {
    const auto found =
        FindPlaces(*table, Where(*table, {{"key", PredicateOperator::kEq, {key}},
                                          {"id", PredicateOperator::kEq, {int64_t{7'000}}},
                                          {"name", PredicateOperator::kEq, {name}}}));
    EXPECT_TRUE(found.ok()) << found.status();
    return (*found)->size();
  };
  EXPECT_EQ(places(0, "n7000"), 1U);
  EXPECT_EQ(places(1, "n7000"), 0U);
  EXPECT_EQ(places(0, "n7001"), 0U);
}

TEST(RowLookup, ScanFindsWhatPageIndexesDoNotTell) {
  TestEngine engine;
  const auto table = AddKeys(engine);
  const auto found = [&](std::vector<Predicate> predicates) {
    const auto places = FindPlaces(*table, Where(*table, std::move(predicates)));
    EXPECT_TRUE(places.ok()) << places.status();
    return places->has_value();
  };
  EXPECT_TRUE(found({{"id", PredicateOperator::kEq, {int64_t{1}}}}));
  EXPECT_FALSE(found({{"id", PredicateOperator::kLt, {int64_t{1}}}}));
  EXPECT_FALSE(found({{"id", PredicateOperator::kEq, {int64_t{1}}},
                      {"key", PredicateOperator::kNeq, {int64_t{1}}}}));
  // A number that is wider than the column.
  EXPECT_FALSE(found({{"id", PredicateOperator::kEq, {1.5}}}));
}

}  // namespace
}  // namespace deltaport::engine
