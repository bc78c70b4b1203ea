#include "lake/upkeep/vacuum.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "delta/history.h"
#include "delta/log_path.h"
#include "delta/table_write.h"
#include "lake/upkeep/restore.h"
#include "lake/upkeep/upkeep_test_support.h"

namespace deltaport::lake {
namespace {

namespace fs = std::filesystem;

using Properties = std::map<std::string, std::string>;

const CancelToken kNoCancel;

VacuumOptions Now() {
  VacuumOptions options;
  options.retention_ms = 0;
  options.force = true;
  return options;
}

TEST(Vacuum, RemovesWhatNoVersionWithinTheRetentionNeeds) {
  UpkeepTable table;
  table.Append({1, 2});
  table.Overwrite({3});
  table.Put("stray.parquet");
  table.Age(24 * 8);
  // The overwritten file has a young tombstone, so only the stray one goes.
  const auto first = Vacuum(table.location(), {}, kNoCancel);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->removed_files, 1);
  EXPECT_EQ(first->removed_bytes, 1);
  EXPECT_EQ(table.Files().size(), 2U);
  EXPECT_EQ(table.Rows(delta::AtVersion{1}).size(), 2U);
  const auto second = Vacuum(table.location(), Now(), kNoCancel);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(table.Files(), table.LiveFiles());
  EXPECT_EQ(table.Rows().size(), 1U);
}

TEST(Vacuum, YoungFilesStayBecauseTheirCommitMayCome) {
  UpkeepTable table;
  table.Append({1});
  table.Put("being_written.parquet");
  const auto outcome = Vacuum(table.location(), {}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_files, 0);
  EXPECT_EQ(table.Files().size(), 2U);
}

TEST(Vacuum, ADryRunRemovesAndCommitsNothing) {
  UpkeepTable table;
  table.Append({1});
  table.Put("stray.parquet");
  table.Age(24 * 8);
  VacuumOptions options;
  options.dry_run = true;
  const auto outcome = Vacuum(table.location(), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_files, 1);
  ASSERT_EQ(outcome->files.size(), 1U);
  EXPECT_TRUE(outcome->files[0].path.ends_with("/stray.parquet"));
  EXPECT_EQ(table.Files().size(), 2U);
  EXPECT_EQ(table.Open()->version(), 1);
}

TEST(Vacuum, AShorterRetentionThanTheTablesIsRefusedUnlessForced) {
  UpkeepTable table(Properties{{"delta.deletedFileRetentionDuration", "interval 10 days"}});
  VacuumOptions options;
  options.retention_ms = int64_t{9} * 24 * 3'600'000;
  const auto refused = Vacuum(table.location(), options, kNoCancel);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(CodeOf(refused.status()), ErrorCode::kInvalidArgument);
  options.force = true;
  EXPECT_TRUE(Vacuum(table.location(), options, kNoCancel).ok());
  options.retention_ms = -1;
  EXPECT_FALSE(Vacuum(table.location(), options, kNoCancel).ok());
}

TEST(Vacuum, IsRefusedWhereAWriterFeatureIsUnknown) {
  UpkeepTable table;
  const fs::path log = table.path() / "_delta_log" / "00000000000000000001.json";
  std::ofstream(log) << R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,)"
                        R"("writerFeatures":["somethingNew"]}})"
                     << "\n";
  table.Put("stray.parquet");
  table.Age(24 * 8);
  const auto refused = Vacuum(table.location(), {}, kNoCancel);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(CodeOf(refused.status()), ErrorCode::kUnsupportedFeature);
  EXPECT_EQ(table.Files().size(), 1U);
}

TEST(Vacuum, HiddenFoldersLinksAndOtherTablesAreLeftAlone) {
  UpkeepTable table({}, {"part"});
  table.Append({1});
  TemporaryFolder outside;
  std::ofstream(outside.path() / "kept") << "x";
  table.Put("_hidden/file");
  table.Put(".hidden/file");
  table.Put("_file");
  table.Put("inner/_delta_log/00000000000000000000.json");
  table.Put("inner/data.parquet");
  table.Put("_change_data/cdc.parquet");
  table.Put("part=p9/old.parquet");
  table.Put(".12345678-1234-1234-1234-123456789012.tmp");
  fs::create_directory_symlink(outside.path(), table.path() / "link");
  table.Age(24 * 8);
  const auto outcome = Vacuum(table.location(), Now(), kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_files, 3);
  const auto files = table.Files();
  const std::set<std::string> left(files.begin(), files.end());
  for (const char* kept : {"_hidden/file", ".hidden/file", "_file", "inner/data.parquet"}) {
    EXPECT_TRUE(left.contains(kept)) << kept;
  }
  for (const char* gone : {"_change_data/cdc.parquet", "part=p9/old.parquet"}) {
    EXPECT_FALSE(left.contains(gone)) << gone;
  }
  EXPECT_TRUE(fs::exists(outside.path() / "kept"));
  EXPECT_EQ(table.Rows().size(), 1U);
}

TEST(Vacuum, AFileThatTheLogNamesByAnAbsolutePathStays) {
  UpkeepTable table;
  table.Put("absolute.parquet");
  std::ofstream(table.path() / "_delta_log" / "00000000000000000001.json")
      << fmt::format(R"({{"add":{{"path":"file://{}/elsewhere/absolute.parquet",)"
                     R"("partitionValues":{{}},"size":1,"modificationTime":1,"dataChange":true}}}})"
                     "\n",
                     table.path().string());
  table.Age(24 * 8);
  const auto outcome = Vacuum(table.location(), Now(), kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_files, 0);
}

TEST(Vacuum, LiteRemovesWhatTheLogTellsAndNothingElse) {
  UpkeepTable table;
  table.Append({1});
  table.Overwrite({2});
  table.Put("stray.parquet");
  table.Age(24 * 8);
  VacuumOptions options = Now();
  options.mode = VacuumMode::kLite;
  const auto outcome = Vacuum(table.location(), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_files, 1);
  EXPECT_EQ(table.Files().size(), 2U);
  EXPECT_EQ(table.Rows().size(), 1U);
}

TEST(Vacuum, StartAndEndAreInTheHistory) {
  UpkeepTable table(Properties{{"delta.appendOnly", "true"}});
  table.Append({1});
  table.Put("stray.parquet");
  table.Age(24 * 8);
  ASSERT_TRUE(Vacuum(table.location(), {}, kNoCancel).ok());
  const auto history = delta::ReadHistory(table.location(), 2).ValueOrDie();
  EXPECT_EQ(history[0].operation, "VACUUM END");
  EXPECT_EQ(history[0].metrics.at("numDeletedFiles"), "1");
  EXPECT_EQ(history[1].operation, "VACUUM START");
  EXPECT_EQ(history[1].metrics.at("numFilesToDelete"), "1");
}

// Whatever was done before: afterwards the folder holds the live files, and they can be read.
TEST(Vacuum, RandomHistoriesLeaveExactlyTheReferencedFiles) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 4; ++round) {
    UpkeepTable table(
        {}, round % 2 == 0 ? std::vector<std::string>{"part"} : std::vector<std::string>());
    for (int step = 0; step < 8; ++step) {
      const auto id = static_cast<int64_t>(random() % 100);
      switch (random() % 4) {
        case 0:
          table.Overwrite({id, id + 1});
          break;
        case 1: {
          const auto version = static_cast<delta::TableVersion>(
              random() % static_cast<unsigned>(table.Open()->version() + 1));
          ASSERT_TRUE(
              Restore(table.location(), {delta::AtVersion{version}, false}, kNoCancel).ok());
          break;
        }
        case 2:
          table.Put(fmt::format("stray-{}.parquet", step));
          break;
        default:
          table.Append({id, id + 1, id + 2});
      }
    }
    const auto rows = table.Rows();
    table.Age(1);
    const auto outcome = Vacuum(table.location(), Now(), kNoCancel);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(table.Files(), table.LiveFiles());
    EXPECT_EQ(table.Rows(), rows);
  }
}

}  // namespace
}  // namespace deltaport::lake
