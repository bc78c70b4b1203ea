#include "delta/log_segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/checkpoint_test_support.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"

namespace deltaport::delta {
namespace {

using testing::HasSubstr;

std::string CompactedPath(TableVersion first, TableVersion last) {
  return fmt::format("{}/{:020d}.{:020d}.compacted.json", LogDirectory("/table"), first, last);
}

TestTable TableOf(TableVersion last) {
  TestTable table;
  table.CommitFirst();
  for (TableVersion version = 1; version <= last; ++version) {
    table.Commit(version, AddLine(fmt::format("f{}", version)));
  }
  return table;
}

void Remove(TestTable& table, TableVersion version) {
  ASSERT_TRUE(table.store().Remove(CommitPath("/table", version)).ok());
}

TEST(LogSegment, NamesOfLogFilesAreTakenApart) {
  const auto commit = ParseLogFileName("00000000000000000007.json");
  EXPECT_EQ(commit.kind, LogFileKind::kCommit);
  EXPECT_EQ(commit.version, 7);
  const auto part =
      ParseLogFileName("00000000000000000007.checkpoint.0000000002.0000000003.parquet");
  EXPECT_EQ(part.kind, LogFileKind::kMultiPartCheckpoint);
  EXPECT_EQ(part.part, 2);
  EXPECT_EQ(part.parts, 3);
  const auto compacted =
      ParseLogFileName("00000000000000000004.00000000000000000009.compacted.json");
  EXPECT_EQ(compacted.kind, LogFileKind::kCompactedCommits);
  EXPECT_EQ(compacted.first_version, 4);
  EXPECT_EQ(compacted.version, 9);
  EXPECT_EQ(ParseLogFileName("00000000000000000007.crc").kind, LogFileKind::kChecksum);
  const std::string uuid = "3a0d65cd-4056-49b8-937b-95f9e3ee90e5";
  for (const char* end : {".json", ".parquet"}) {
    EXPECT_EQ(ParseLogFileName("00000000000000000007.checkpoint." + uuid + end).kind,
              LogFileKind::kUuidCheckpoint);
  }
  for (const char* other :
       {"", "_last_checkpoint", "7.json", "00000000000000000007.json.tmp",
        "99999999999999999999.json", "00000000000000000009.00000000000000000004.compacted.json",
        "00000000000000000007.checkpoint.0000000004.0000000003.parquet",
        "00000000000000000007.checkpoint.0000000000.0000000003.parquet",
        ".00000000000000000007.crc", "-0000000000000000007.json",
        "00000000000000000007.00000000000000000009.json"}) {
    EXPECT_EQ(ParseLogFileName(other).kind, LogFileKind::kOther) << other;
  }
}

TEST(LogSegment, CommitsArePreferredToACompactionThatContradictsThem) {
  TestTable table = TableOf(4);
  ASSERT_TRUE(table.store().Put(CompactedPath(1, 3), AddLine("wrong")).ok());
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 4U);
}

TEST(LogSegment, ACompactionStandsInForCommitsThatAreMissing) {
  TestTable table = TableOf(4);
  const std::string lines =
      AddLine("f1") + "\n" + AddLine("f2") + "\n" + AddLine("f3") + "\n" + RemoveLine("old");
  ASSERT_TRUE(table.store().Put(CompactedPath(1, 3), lines).ok());
  Remove(table, 2);
  const auto segment = FindLogSegment(table.location(), std::nullopt).ValueOrDie();
  ASSERT_EQ(segment.commits.size(), 4U);
  EXPECT_EQ(segment.commits[2].compacted_from, 1);
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 4U);
  // It says nothing about a version inside.
  const Status status = Snapshot::Open(table.location(), AtVersion{2}).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable);
  EXPECT_THAT(status.message(), HasSubstr("00000000000000000002.json"));
}

TEST(LogSegment, AVersionThatWasCleanedUpIsNotFound) {
  TestTable table = TableOf(6);
  WriteCheckpoint(table, **Snapshot::Open(table.location(), AtVersion{4}),
                  CheckpointForm::kClassic);
  for (TableVersion version = 0; version <= 2; ++version) Remove(table, version);
  const Status status = Snapshot::Open(table.location(), AtVersion{3}).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kNotFound) << status;
  EXPECT_THAT(status.message(), HasSubstr("the oldest that is left is 4"));
  EXPECT_EQ((*Snapshot::Open(table.location(), AtVersion{4}))->files().size(), 4U);
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 6U);
}

TEST(LogSegment, AHintToADeletedOrNewerCheckpointIsLeftAside) {
  TestTable table = TableOf(6);
  WriteCheckpoint(table, **Snapshot::Open(table.location(), AtVersion{2}),
                  CheckpointForm::kClassic);
  for (const char* hint : {R"({"version":5,"size":9})", R"({"version":2,"parts":3})", "garbage"}) {
    ASSERT_TRUE(table.store().Put(LastCheckpointPath("/table"), hint).ok());
    const auto segment = FindLogSegment(table.location(), std::nullopt).ValueOrDie();
    EXPECT_EQ(segment.checkpoint->version, 2) << hint;
    EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 6U) << hint;
    EXPECT_EQ((*Snapshot::Open(table.location(), AtVersion{1}))->files().size(), 1U) << hint;
  }
}

TEST(LogSegment, OpeningAtACheckpointReadsNoCommitBeforeIt) {
  TestTable table = TableOf(4);
  WriteCheckpoint(table, **Snapshot::Open(table.location(), AtVersion{3}),
                  CheckpointForm::kClassic);
  for (TableVersion version = 0; version <= 3; ++version) table.Commit(version, "damaged");
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 4U);
}

TEST(LogSegment, FilesThatNobodyKnowsArePassedOver) {
  TestTable table = TableOf(2);
  for (const char* name : {"README", "00000000000000000002.json.crc", "_commits", ".tmp.json",
                           "00000000000000000001.checkpoint.new.thing", "00000000000000000003.x"}) {
    ASSERT_TRUE(table.store().Put(LogDirectory("/table") + "/" + name, "?").ok());
  }
  EXPECT_EQ((*Snapshot::Open(table.location()))->version(), 2);
}

}  // namespace
}  // namespace deltaport::delta
