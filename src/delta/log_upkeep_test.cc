#include "delta/log_upkeep.h"

#include <gtest/gtest.h>

#include "columnar/json_document.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/table_test_support.h"
#include "delta/transaction.h"

namespace deltaport::delta {
namespace {

const Operation kWrite{"WRITE", {}, {}};

AddFile File(std::string path) {
  AddFile add;
  add.path = std::move(path);
  add.size_bytes = 5;
  return add;
}

std::shared_ptr<const Snapshot> MustOpen(const TestTable& table) {
  auto snapshot = Snapshot::Open(table.location());
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *snapshot;
}

void MustAppend(TestTable& table) {
  const auto snapshot = MustOpen(table);
  auto transaction = *Transaction::Start(snapshot);
  transaction.AddFiles({File(fmt::format("file{}", snapshot->version() + 1))});
  const auto outcome = transaction.Commit(kWrite, CancelToken());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
}

bool Exists(TestTable& table, const std::string& path) { return table.store().Head(path).ok(); }

void CommitFirst(TestTable& table, std::string_view configuration) {
  table.Commit(0, std::string(kProtocolLine) + "\n" +
                      MetadataLine("[" + FieldJson("id", "long") + "]", "[]", configuration));
}

TEST(LogUpkeep, EveryCommitGetsAChecksumThatFollowsTheOneBefore) {
  TestTable table;
  table.CommitFirst();
  for (int i = 0; i < 3; ++i) MustAppend(table);
  for (TableVersion version = 1; version <= 3; ++version) {
    const auto bytes = table.store().Read(ChecksumPath("/table", version));
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto document = *columnar::JsonDocument::Parse(std::string_view(**bytes));
    EXPECT_EQ(document.root()["numFiles"].integer(), version);
    EXPECT_EQ(document.root()["tableSizeBytes"].integer(), 5 * version);
    EXPECT_TRUE(document.root()["txnId"].string().has_value());
  }
}

TEST(LogUpkeep, ACheckpointIsWrittenAtTheIntervalOfTheTable) {
  TestTable table;
  CommitFirst(table, R"({"delta.checkpointInterval":"3"})");
  for (int i = 0; i < 7; ++i) MustAppend(table);
  for (TableVersion version = 0; version <= 7; ++version) {
    EXPECT_EQ(Exists(table, CheckpointPath("/table", version)), version == 3 || version == 6);
  }
  for (TableVersion version = 0; version < 6; ++version) {
    ASSERT_TRUE(table.store().Remove(CommitPath("/table", version)).ok());
  }
  EXPECT_EQ(MustOpen(table)->files().size(), 7U);
}

TEST(LogUpkeep, TheIntervalIsTenCommitsWhereTheTableSaysNothing) {
  TestTable table;
  table.CommitFirst();
  for (int i = 0; i < 10; ++i) MustAppend(table);
  EXPECT_FALSE(Exists(table, CheckpointPath("/table", 9)));
  EXPECT_TRUE(Exists(table, CheckpointPath("/table", 10)));
}

TEST(LogUpkeep, ALostRaceIsFollowedToo) {
  TestTable table;
  CommitFirst(table, R"({"delta.checkpointInterval":"3"})");
  auto transaction = *Transaction::Start(MustOpen(table));
  transaction.AddFiles({File("mine")});
  table.Commit(1, AddLine("theirs"));
  table.Commit(2, AddLine("theirs-too"));
  ASSERT_EQ(transaction.Commit(kWrite, CancelToken())->version, 3);
  const auto bytes = table.store().Read(ChecksumPath("/table", 3));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_NE((*bytes)->ToString().find(R"("numFiles":3)"), std::string::npos);
  EXPECT_TRUE(Exists(table, CheckpointPath("/table", 3)));
}

TEST(LogUpkeep, AFailureLeavesTheCommitAsItIs) {
  TestTable table;
  CommitFirst(table, R"({"delta.checkpointInterval":"often"})");
  const auto before = MustOpen(table);
  const std::string lines = AddLine("a");
  table.Commit(1, lines);
  const auto after = AfterCommit({table.location(), before, 1, lines});
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->version(), 1);
}

TEST(LogUpkeep, OldCommitsGoWithACheckpointUnlessTheTableKeepsThem) {
  for (const bool clean : {true, false}) {
    TestTable table;
    CommitFirst(table,
                fmt::format(R"({{"delta.checkpointInterval":"2","delta.logRetentionDuration":)"
                            R"("interval 1 day","delta.enableExpiredLogCleanup":"{}"}})",
                            clean));
    for (int i = 0; i < 3; ++i) MustAppend(table);
    for (TableVersion version = 0; version <= 3; ++version) {
      ASSERT_TRUE(table.store().SetModified(CommitPath("/table", version), version + 1).ok());
    }
    MustAppend(table);
    EXPECT_EQ(Exists(table, CommitPath("/table", 1)), !clean);
    EXPECT_TRUE(Exists(table, CommitPath("/table", 2)));
    EXPECT_EQ(MustOpen(table)->files().size(), 4U);
  }
}

TEST(LogUpkeep, TheSnapshotAfterACommitIsTheOneThatALaterReaderSees) {
  TestTable table;
  table.CommitFirst();
  const auto before = MustOpen(table);
  const std::string lines = AddLine("a");
  table.Commit(1, lines);
  const auto after = AfterCommit({table.location(), before, 1, lines});
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->version(), 1);
  EXPECT_EQ(after->timestamp_ms(), MustOpen(table)->timestamp_ms());
  EXPECT_EQ(after->files().path(0), "a");
  EXPECT_EQ(*after->Refresh(), after);
  EXPECT_EQ(AfterCommit({table.location(), before, 5, lines})->version(), 1);
}

}  // namespace
}  // namespace deltaport::delta
