#include "lake/upkeep/optimize.h"

#include <algorithm>
#include <random>

#include <arrow/array.h>
#include <gtest/gtest.h>

#include "delta/deletion_vector.h"
#include "delta/history.h"
#include "delta/live_files.h"
#include "delta/transaction.h"
#include "lake/upkeep/upkeep_test_support.h"
#include "lake/upkeep/z_order.h"

namespace deltaport::lake {
namespace {

using Properties = std::map<std::string, std::string>;

const CancelToken kNoCancel;

// Deletes the first row of a live file by a deletion vector.
void DeleteFirstRow(UpkeepTable& table, size_t file) {
  const auto snapshot = table.Open();
  auto writer = delta::DeletionVectorWriter::Create(table.location()).ValueOrDie();
  delta::DeletedRows rows;
  rows.Add(0);
  const auto vector = writer.Append(rows).ValueOrDie();
  ASSERT_TRUE(writer.Close().ok());
  auto transaction = delta::Transaction::Start(snapshot).ValueOrDie();
  ASSERT_TRUE(transaction.ReplaceDeletionVector(file, vector).ok());
  delta::Operation operation;
  operation.name = "DELETE";
  const auto committed = transaction.Commit(operation, kNoCancel);
  ASSERT_TRUE(committed.ok()) << committed.status();
}

TEST(Optimize, ManyFilesBecomeOneForEachPartition) {
  UpkeepTable table({}, {"part"});
  for (int64_t i = 0; i < 5; ++i) table.Append({i, i + 1, i + 2});
  const auto rows = table.Rows();
  const auto outcome = Optimize(table.engine(), table.location(), {}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->version, 6);
  EXPECT_EQ(outcome->removed_files, 15);
  EXPECT_EQ(outcome->added_files, 3);
  EXPECT_EQ(outcome->partitions, 3);
  EXPECT_EQ(outcome->rows, 15);
  EXPECT_EQ(table.Rows(), rows);
  EXPECT_EQ(table.LiveFiles().size(), 3U);
  const auto again = Optimize(table.engine(), table.location(), {}, kNoCancel);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->version, std::nullopt);
  EXPECT_EQ(again->added_files, 0);
}

TEST(Optimize, SizesDecideWhichFilesGoTogether) {
  UpkeepTable table;
  for (int64_t i = 0; i < 6; ++i) table.Append({i});
  const int64_t file_bytes = table.Open()->files().size_bytes(0);
  OptimizeOptions options;
  options.target_bytes = 2 * file_bytes + file_bytes / 2;
  const auto outcome = Optimize(table.engine(), table.location(), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->added_files, 3);
  options.min_file_bytes = 1;
  EXPECT_EQ(Optimize(table.engine(), table.location(), options, kNoCancel)->version, std::nullopt);
  options.target_bytes = 0;
  EXPECT_FALSE(Optimize(table.engine(), table.location(), options, kNoCancel).ok());
}

// In the order of the files.
std::vector<int64_t> Ids(UpkeepTable& table) {
  auto source = std::make_shared<engine::TableSource>();
  source->name = "table";
  source->files = table.Open();
  engine::InternalQuery query;
  query.sql = "SELECT id FROM t";
  query.tables["t"] = source;
  query.keep_order = true;
  const auto rows = table.engine().ExecuteInternal(query, kNoCancel).ValueOrDie();
  std::vector<int64_t> ids;
  while (const auto batch = rows->Next().ValueOrDie()) {
    const auto& values = static_cast<const arrow::Int64Array&>(*batch->column(0));
    ids.insert(ids.end(), values.raw_values(), values.raw_values() + values.length());
  }
  return ids;
}

TEST(Optimize, RowsKeepTheirOrder) {
  UpkeepTable table;
  for (int64_t i = 0; i < 4; ++i) table.Append({9 - i, 3, i});
  const auto before = Ids(table);
  ASSERT_EQ(before.size(), 12U);
  ASSERT_TRUE(Optimize(table.engine(), table.location(), {}, kNoCancel).ok());
  EXPECT_EQ(Ids(table), before);
}

TEST(Optimize, PurgeRewritesTheFilesWithDeletionVectorsOnly) {
  UpkeepTable table(Properties{{"delta.enableDeletionVectors", "true"}});
  table.Append({1, 2, 3});
  table.Append({4, 5});
  DeleteFirstRow(table, 0);
  const auto rows = table.Rows();
  EXPECT_EQ(rows.size(), 4U);
  OptimizeOptions options;
  options.purge = true;
  const auto outcome = Optimize(table.engine(), table.location(), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_files, 1);
  EXPECT_EQ(outcome->removed_deletion_vectors, 1);
  EXPECT_EQ(table.Rows(), rows);
  EXPECT_EQ(Optimize(table.engine(), table.location(), options, kNoCancel)->version, std::nullopt);
}

TEST(Optimize, AnAppendMeanwhileIsNoConflict) {
  UpkeepTable table;
  table.Append({1});
  table.Append({2});
  OptimizeOptions options;
  bool appended = false;
  options.on_rows = [&](int64_t) {
    if (!std::exchange(appended, true)) table.Append({3});
  };
  const auto outcome = Optimize(table.engine(), table.location(), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->version, 4);
  EXPECT_EQ(table.Rows().size(), 3U);
}

TEST(Optimize, AnOverwriteMeanwhileIsAConflictAndNothingIsLeft) {
  UpkeepTable table;
  table.Append({1});
  table.Append({2});
  OptimizeOptions options;
  bool overwritten = false;
  options.on_rows = [&](int64_t) {
    if (!std::exchange(overwritten, true)) table.Overwrite({3});
  };
  const auto outcome = Optimize(table.engine(), table.location(), options, kNoCancel);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(CodeOf(outcome.status()), ErrorCode::kConflict);
  EXPECT_EQ(table.Files().size(), 3U);
  EXPECT_EQ(table.Rows().size(), 1U);
}

void ExpectRowIdsKept(const std::string& mapping) {
  SCOPED_TRACE(mapping);
  UpkeepTable table(
      Properties{{"delta.enableRowTracking", "true"}, {"delta.columnMapping.mode", mapping}});
  for (int64_t i = 0; i < 3; ++i) table.Append({10 * i, 10 * i + 1});
  ASSERT_TRUE(Optimize(table.engine(), table.location(), {}, kNoCancel).ok());
  const auto snapshot = table.Open();
  ASSERT_EQ(snapshot->files().size(), 1U);
  const auto& configuration = snapshot->metadata().configuration;
  const auto column = configuration.find("delta.rowTracking.materializedRowIdColumnName");
  ASSERT_NE(column, configuration.end());
  const auto file = std::make_shared<engine::TableSource>(engine::TableSource{
      "file",
      engine::OpenParquetFiles({table.location().store, snapshot->FilePath(0)}).ValueOrDie(),
      nullptr});
  engine::InternalQuery query;
  query.sql = fmt::format(R"(SELECT "{}" AS id, "{}" AS row_id FROM f ORDER BY id)",
                          snapshot->PhysicalName(0), column->second);
  query.tables["f"] = file;
  query.keep_order = true;
  const auto rows = RowTexts(**table.engine().ExecuteInternal(query, kNoCancel));
  EXPECT_EQ(rows, (std::vector<std::string>{R"({"id":0,"row_id":0})", R"({"id":1,"row_id":1})",
                                            R"({"id":10,"row_id":2})", R"({"id":11,"row_id":3})",
                                            R"({"id":20,"row_id":4})", R"({"id":21,"row_id":5})"}));
}

TEST(Optimize, RowIdsAreKeptWhateverTheColumnMapping) {
  for (const char* mapping : {"none", "name", "id"}) ExpectRowIdsKept(mapping);
}

// Four files of random ids.
void AppendRandom(UpkeepTable& table) {
  std::mt19937 random(7);
  for (int batch = 0; batch < 4; ++batch) {
    std::vector<int64_t> ids(2'000);
    for (auto& id : ids) id = static_cast<int64_t>(random() % 100'000);
    table.Append(ids);
  }
}

TEST(ZOrder, RowsAreTheSameAndTheHistoryNamesTheColumns) {
  for (const auto& [curve, memory_bytes] :
       std::vector<std::pair<Curve, int64_t>>{{Curve::kZOrder, int64_t{1} << 28},
                                              {Curve::kHilbert, int64_t{1} << 28},
                                              {Curve::kHilbert, 0}}) {
    UpkeepTable table;
    AppendRandom(table);
    const auto rows = table.Rows();
    ZOrderOptions options;
    options.columns = {"id", "part"};
    options.curve = curve;
    options.memory_bytes = memory_bytes;
    const auto outcome = ZOrder(table.engine(), table.location(), options, kNoCancel);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->removed_files, 4);
    EXPECT_EQ(outcome->rows, 8'000);
    EXPECT_EQ(table.Rows(), rows);
    const auto history = delta::ReadHistory(table.location(), 1).ValueOrDie();
    EXPECT_EQ(history.front().parameters.at("zOrderBy"), R"("[\"id\",\"part\"]")");
  }
}

TEST(ZOrder, BySingleColumnRowsAreSortedButForTheirRanges) {
  for (const int64_t memory_bytes : {int64_t{1} << 28, int64_t{0}}) {
    UpkeepTable table;
    AppendRandom(table);
    ZOrderOptions options;
    options.columns = {"id"};
    options.memory_bytes = memory_bytes;
    ASSERT_TRUE(ZOrder(table.engine(), table.location(), options, kNoCancel).ok());
    const auto ids = Ids(table);
    ASSERT_EQ(ids.size(), 8'000U);
    for (size_t i = 50; i < ids.size(); ++i) ASSERT_GE(ids[i], ids[i - 50]) << "row " << i;
  }
}

TEST(ZOrder, ByTwoColumnsEveryPieceIsNarrowInBoth) {
  UpkeepTable table;
  AppendRandom(table);
  ZOrderOptions options;
  options.columns = {"part", "id"};
  ASSERT_TRUE(ZOrder(table.engine(), table.location(), options, kNoCancel).ok());
  const auto ids = Ids(table);
  // Sixteen pieces; in random order each would span nearly all of 0 to 100,000.
  constexpr size_t kPiece = 500;
  int64_t spans = 0;
  for (size_t first = 0; first < ids.size(); first += kPiece) {
    const auto [low, high] =
        std::minmax_element(ids.begin() + static_cast<std::ptrdiff_t>(first),
                            ids.begin() + static_cast<std::ptrdiff_t>(first + kPiece));
    spans += *high - *low;
  }
  EXPECT_LT(spans / 16, 60'000);
}

TEST(ZOrder, ColumnsThatCannotBeOrderedByAreRefused) {
  UpkeepTable table({}, {"part"});
  table.Append({1, 2, 3});
  for (const std::vector<std::string>& columns : std::vector<std::vector<std::string>>{
           {}, {"nothing"}, {"part"}, {"id", "id"}, {"id.x"}, std::vector<std::string>(17, "id")}) {
    ZOrderOptions options;
    options.columns = columns;
    const auto outcome = ZOrder(table.engine(), table.location(), options, kNoCancel);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(CodeOf(outcome.status()), ErrorCode::kInvalidArgument) << outcome.status();
  }
}

// Whatever the table went through: its rows are the same before and after.
TEST(Optimize, RandomTablesKeepTheirRows) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 3; ++round) {
    UpkeepTable table(
        {{"delta.enableDeletionVectors", "true"}},
        round % 2 == 0 ? std::vector<std::string>{"part"} : std::vector<std::string>());
    for (int step = 0; step < 6; ++step) {
      std::vector<int64_t> ids(1 + random() % 200);
      for (auto& id : ids) id = static_cast<int64_t>(random() % 1'000);
      table.Append(ids);
      if (random() % 2 == 0) DeleteFirstRow(table, random() % table.Open()->files().size());
    }
    const auto rows = table.Rows();
    OptimizeOptions purge;
    purge.purge = true;
    ASSERT_TRUE(Optimize(table.engine(), table.location(), purge, kNoCancel).ok());
    EXPECT_EQ(table.Rows(), rows);
    OptimizeOptions options;
    options.target_bytes = 4'000;
    ASSERT_TRUE(Optimize(table.engine(), table.location(), options, kNoCancel).ok());
    EXPECT_EQ(table.Rows(), rows);
    ZOrderOptions order;
    order.columns = {"word", "id"};
    ASSERT_TRUE(ZOrder(table.engine(), table.location(), order, kNoCancel).ok());
    EXPECT_EQ(table.Rows(), rows);
  }
}

}  // namespace
}  // namespace deltaport::lake
