#include "lake/upkeep/restore.h"

#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "delta/history.h"
#include "delta/live_files.h"
#include "lake/upkeep/upkeep_test_support.h"

namespace deltaport::lake {
namespace {

using Properties = std::map<std::string, std::string>;

const CancelToken kNoCancel;

TEST(Restore, RowsOfTheOldVersionAreBack) {
  UpkeepTable table;
  table.Append({1, 2});
  table.Append({3});
  table.Overwrite({9});
  const auto outcome = Restore(table.location(), {delta::AtVersion{2}, false}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->version, 4);
  EXPECT_EQ(outcome->restored_version, 2);
  EXPECT_EQ(outcome->restored_files, 2);
  EXPECT_EQ(outcome->removed_files, 1);
  EXPECT_EQ(outcome->files, 2);
  EXPECT_EQ(table.Rows(), table.Rows(delta::AtVersion{2}));
  const auto entry = delta::ReadHistory(table.location(), 1).ValueOrDie().front();
  EXPECT_EQ(entry.operation, "RESTORE");
  EXPECT_EQ(entry.parameters.at("version"), "2");
  EXPECT_EQ(entry.metrics.at("numRestoredFiles"), "2");
}

TEST(Restore, FilesThatAreLiveInBothVersionsStayAsTheyAre) {
  UpkeepTable table;
  table.Append({1});
  table.Append({2});
  const auto outcome = Restore(table.location(), {delta::AtVersion{1}, false}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->restored_files, 0);
  EXPECT_EQ(outcome->removed_files, 1);
  EXPECT_EQ(table.Rows().size(), 1U);
}

TEST(Restore, AMissingFileIsNamedUnlessIgnored) {
  UpkeepTable table;
  table.Append({1});
  table.Overwrite({2});
  const auto old = table.Open(delta::AtVersion{1});
  std::filesystem::remove(old->FilePath(0));
  const auto refused = Restore(table.location(), {delta::AtVersion{1}, false}, kNoCancel);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(CodeOf(refused.status()), ErrorCode::kNotFound);
  EXPECT_NE(refused.status().message().find(old->FilePath(0)), std::string::npos);
  EXPECT_EQ(table.Open()->version(), 2);
  EXPECT_TRUE(Restore(table.location(), {delta::AtVersion{1}, true}, kNoCancel).ok());
  EXPECT_EQ(table.Open()->files().size(), 1U);
}

TEST(Restore, NeedsAVersionThatExists) {
  UpkeepTable table;
  const auto latest = Restore(table.location(), {}, kNoCancel);
  ASSERT_FALSE(latest.ok());
  EXPECT_EQ(CodeOf(latest.status()), ErrorCode::kInvalidArgument);
  const auto future = Restore(table.location(), {delta::AtVersion{7}, false}, kNoCancel);
  ASSERT_FALSE(future.ok());
  EXPECT_EQ(CodeOf(future.status()), ErrorCode::kNotFound);
}

TEST(Restore, AnAppendOnlyTableLosesNoRows) {
  UpkeepTable table(Properties{{"delta.appendOnly", "true"}});
  table.Append({1});
  table.Append({2});
  const auto refused = Restore(table.location(), {delta::AtVersion{1}, false}, kNoCancel);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(CodeOf(refused.status()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(table.Rows().size(), 2U);
}

TEST(Restore, RandomVersionsComeBackRowByRow) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  UpkeepTable table({}, {"part"});
  for (int step = 0; step < 12; ++step) {
    const auto id = static_cast<int64_t>(random() % 50);
    if (random() % 3 == 0) {
      table.Overwrite({id, id + 1});
    } else {
      table.Append({id, id + 1, id + 2});
    }
    const auto latest = table.Open()->version();
    const auto back = static_cast<delta::TableVersion>(random() % static_cast<unsigned>(latest));
    const auto expected = table.Rows(delta::AtVersion{back});
    ASSERT_TRUE(Restore(table.location(), {delta::AtVersion{back}, false}, kNoCancel).ok());
    EXPECT_EQ(table.Rows(), expected) << "version " << back;
  }
}

}  // namespace
}  // namespace deltaport::lake
