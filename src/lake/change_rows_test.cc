#include "lake/change_rows.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "delta/data_file_writer.h"
#include "delta/deletion_vector.h"
#include "delta/live_files.h"
#include "delta/transaction.h"
#include "lake/upkeep/upkeep_test_support.h"

namespace deltaport::lake {
namespace {

const CancelToken kNoCancel;
const std::map<std::string, std::string> kFeed = {{"delta.enableChangeDataFeed", "true"},
                                                  {"delta.enableDeletionVectors", "true"}};

// "insert 3 at 1", sorted.
std::vector<std::string> Changes(UpkeepTable& table, const delta::ChangeRange& range) {
  const auto rows = ReadChangeRows(table.engine(), table.location(), range, kNoCancel);
  EXPECT_TRUE(rows.ok()) << rows.status();
  if (!rows.ok()) return {};
  const auto batches = (*rows)->ToTable();
  EXPECT_TRUE(batches.ok()) << batches.status();
  if (!batches.ok()) return {};
  std::vector<std::string> changes;
  const auto batch = (*batches)->CombineChunksToBatch().ValueOrDie();
  for (int64_t i = 0; i < batch->num_rows(); ++i) {
    const auto cell = [&](const char* name) {
      return batch->GetColumnByName(name)->GetScalar(i).ValueOrDie()->ToString();
    };
    changes.push_back(fmt::format("{} {} at {}", cell(delta::kChangeTypeColumn), cell("id"),
                                  cell(kCommitVersionColumn)));
  }
  std::sort(changes.begin(), changes.end());
  return changes;
}

void SetVector(UpkeepTable& table, const std::vector<int64_t>& deleted) {
  const auto snapshot = table.Open();
  auto writer = delta::DeletionVectorWriter::Create(table.location()).ValueOrDie();
  delta::DeletedRows rows;
  for (const int64_t row : deleted) rows.Add(row);
  const auto vector = writer.Append(rows).ValueOrDie();
  ASSERT_TRUE(writer.Close().ok());
  auto transaction = delta::Transaction::Start(snapshot).ValueOrDie();
  ASSERT_TRUE(transaction.ReplaceDeletionVector(0, vector).ok());
  delta::Operation operation;
  operation.name = "DELETE";
  ASSERT_TRUE(transaction.Commit(operation, kNoCancel).ok());
}

TEST(ChangeRows, AddedAndRemovedFilesAreInsertedAndDeletedRows) {
  UpkeepTable table(kFeed, {"part"});
  table.Append({1, 2});
  table.Append({3});
  table.Overwrite({4});
  EXPECT_EQ(
      Changes(table, {0}),
      (std::vector<std::string>{"delete 1 at 3", "delete 2 at 3", "delete 3 at 3", "insert 1 at 1",
                                "insert 2 at 1", "insert 3 at 2", "insert 4 at 3"}));
  EXPECT_EQ(Changes(table, {2, 2}), (std::vector<std::string>{"insert 3 at 2"}));
}

TEST(ChangeRows, ColumnsMayBeMapped) {
  for (const char* mapping : {"name", "id"}) {
    SCOPED_TRACE(mapping);
    auto properties = kFeed;
    properties["delta.columnMapping.mode"] = mapping;
    UpkeepTable table(properties);
    table.Append({1, 2});
    SetVector(table, {0});
    EXPECT_EQ(Changes(table, {1, std::nullopt}).size(), 3U);
  }
}

TEST(ChangeRows, AChangedDeletionVectorIsTheDifference) {
  UpkeepTable table(kFeed);
  table.Append({10, 11, 12, 13});
  SetVector(table, {1});
  SetVector(table, {1, 3});
  SetVector(table, {3});  // As a restore does: row 1 is back.
  EXPECT_EQ(Changes(table, {2}),
            (std::vector<std::string>{"delete 11 at 2", "delete 13 at 3", "insert 11 at 4"}));
}

TEST(ChangeRows, RowsThatAreOnlyMovedAreNoChange) {
  UpkeepTable table(kFeed);
  table.Append({1});
  const auto snapshot = table.Open();
  auto transaction = delta::Transaction::Start(snapshot).ValueOrDie();
  ASSERT_TRUE(transaction.RemoveAllFiles(false).ok());
  auto moved = *snapshot->files().file(0);
  std::filesystem::copy_file(snapshot->FilePath(0), table.path() / "moved.parquet");
  moved.path = "moved.parquet";
  moved.data_change = false;
  transaction.AddFiles({moved});
  ASSERT_TRUE(transaction.Commit({"OPTIMIZE", {}, {}}, kNoCancel).ok());
  EXPECT_EQ(Changes(table, {2}), std::vector<std::string>());
}

TEST(ChangeRows, AVersionWithoutAFeedIsRefused) {
  UpkeepTable table;
  table.Append({1});
  const auto rows = ReadChangeRows(table.engine(), table.location(), {0}, kNoCancel);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(CodeOf(rows.status()), ErrorCode::kInvalidArgument);
  EXPECT_NE(rows.status().message().find("enableChangeDataFeed"), std::string::npos);
}

TEST(ChangeRows, AVersionThatDoesNotExistIsNotFound) {
  UpkeepTable table(kFeed);
  const auto rows = ReadChangeRows(table.engine(), table.location(), {5}, kNoCancel);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(CodeOf(rows.status()), ErrorCode::kNotFound);
  EXPECT_FALSE(ReadChangeRows(table.engine(), table.location(), {1, 0}, kNoCancel).ok());
}

TEST(ChangeRows, TimesChooseTheCommitsBetweenThem) {
  UpkeepTable table(kFeed);
  table.Append({1});
  const int64_t at_ms = table.Open()->timestamp_ms();
  const auto all = delta::ChangesBetween(table.location(), 0, std::nullopt);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->first, 0);
  EXPECT_EQ(all->last, 1);
  const auto last = delta::ChangesBetween(table.location(), at_ms, at_ms);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->first, 1);
  EXPECT_EQ(last->last, 1);
  EXPECT_EQ(CodeOf(delta::ChangesBetween(table.location(), at_ms + 1, std::nullopt).status()),
            ErrorCode::kNotFound);
}

// Spark wrote this table: five rows, of which a DELETE with change files takes four.
TEST(ChangeRows, ChangeFilesOfSparkAreRead) {
  const char* tables = std::getenv("DELTAPORT_ACCEPTANCE_TABLES");
  if (tables == nullptr) GTEST_SKIP() << "DELTAPORT_ACCEPTANCE_TABLES names no folder";
  const auto location = storage::ParseLocation(std::string(tables) + "/cdf/delta").ValueOrDie();
  const auto engine = engine::MakeDuckDbEngine({}).ValueOrDie();
  const auto rows = ReadChangeRows(*engine, location, {0}, kNoCancel);
  ASSERT_TRUE(rows.ok()) << rows.status();
  const auto texts = RowTexts(**rows);
  EXPECT_EQ(texts.size(), 9U);
  EXPECT_EQ(
      std::ranges::count_if(texts,
                            [](const auto& text) {
                              return text.find(R"("_change_type":"delete","_commit_version":2)") !=
                                     std::string::npos;
                            }),
      4);
}

}  // namespace
}  // namespace deltaport::lake
