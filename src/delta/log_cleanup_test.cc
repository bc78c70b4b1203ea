#include "delta/log_cleanup.h"

#include <set>

#include <gtest/gtest.h>

#include "delta/checkpoint_writer.h"
#include "delta/log_path.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
constexpr int64_t kNowMs = 1'000 * kDayMs + 5 * 3600 * 1000;

// Versions 0 to 9, one a day: version 9 was committed now, version 0 nine days ago.
class LogCleanup : public ::testing::Test {
 protected:
  LogCleanup() {
    table_.CommitFirst();
    for (TableVersion version = 1; version <= 9; ++version) {
      table_.Commit(version, AddLine(fmt::format("file{}", version)));
    }
    for (TableVersion version = 0; version <= 9; ++version) {
      Put(ChecksumPath("/table", version), "{}");
      SetAge(CommitPath("/table", version), 9 - version);
    }
  }

  void Put(const std::string& path, std::string_view bytes) {
    ASSERT_TRUE(table_.store().Put(path, bytes).ok());
  }
  void SetAge(const std::string& path, int64_t days) {
    ASSERT_TRUE(table_.store().SetModified(path, kNowMs - days * kDayMs).ok());
  }
  void WriteCheckpointOf(TableVersion version, bool v2 = false) {
    CheckpointOptions options;
    options.v2 = v2;
    const auto snapshot = *Snapshot::Open(table_.location(), AtVersion{version});
    const auto outcome = WriteCheckpointFiles(*snapshot, options);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }
  LogCleanupOutcome MustClean(int64_t retention_days) {
    const auto outcome = CleanLog(table_.location(), retention_days * kDayMs, kNowMs);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ValueOr(LogCleanupOutcome{});
  }
  std::set<std::string> Names(const std::string& directory = "/table/_delta_log") {
    std::set<std::string> names;
    for (const auto& file : *table_.store().List(directory)) {
      names.insert(file.path.substr(directory.size() + 1));
    }
    return names;
  }
  bool Has(TableVersion version) { return table_.store().Head(CommitPath("/table", version)).ok(); }

  TestTable table_;
};

TEST_F(LogCleanup, KeepsTheNewestOldCheckpointAndAllThatIsNewer) {
  WriteCheckpointOf(2);
  WriteCheckpointOf(4);
  WriteCheckpointOf(8);
  // The cut-off is the start of the day 4 days ago: version 4 was committed before it.
  const auto outcome = MustClean(4);
  EXPECT_EQ(outcome.deleted_files, 4 + 4 + 1);
  for (TableVersion version = 0; version <= 9; ++version) EXPECT_EQ(Has(version), version >= 4);
  EXPECT_FALSE(Names().contains(VersionPrefix(3) + ".crc"));
  EXPECT_TRUE(Names().contains(VersionPrefix(4) + ".crc"));
  EXPECT_FALSE(Names().contains(VersionPrefix(2) + ".checkpoint.parquet"));
  EXPECT_TRUE(Names().contains(VersionPrefix(4) + ".checkpoint.parquet"));
  EXPECT_TRUE(Names().contains("_last_checkpoint"));
  for (TableVersion version = 4; version <= 9; ++version) {
    EXPECT_TRUE(Snapshot::Open(table_.location(), AtVersion{version}).ok());
  }
  EXPECT_EQ(MustClean(4).deleted_files, 0);
}

TEST_F(LogCleanup, WithoutAnOldCheckpointNothingIsDeleted) {
  WriteCheckpointOf(7);
  const auto before = Names();
  EXPECT_EQ(MustClean(4).deleted_files, 0);
  EXPECT_EQ(Names(), before);
}

TEST_F(LogCleanup, YoungLogsAreLeftAlone) {
  WriteCheckpointOf(9);
  EXPECT_EQ(MustClean(30).deleted_files, 0);
}

TEST_F(LogCleanup, CompactionsThatStartAtTheCheckpointGoAndUnknownFilesStay) {
  WriteCheckpointOf(4);
  const auto compaction = [](TableVersion first, TableVersion last) {
    return fmt::format("/table/_delta_log/{:020d}.{:020d}.compacted.json", first, last);
  };
  Put(compaction(2, 3), "{}");
  Put(compaction(4, 6), "{}");
  Put(compaction(5, 6), "{}");
  Put("/table/_delta_log/" + VersionPrefix(1) + ".something", "{}");
  Put("/table/_delta_log/notes.txt", "{}");
  MustClean(4);
  EXPECT_FALSE(table_.store().Head(compaction(2, 3)).ok());
  EXPECT_FALSE(table_.store().Head(compaction(4, 6)).ok());
  EXPECT_TRUE(table_.store().Head(compaction(5, 6)).ok());
  EXPECT_TRUE(Names().contains(VersionPrefix(1) + ".something"));
  EXPECT_TRUE(Names().contains("notes.txt"));
}

TEST_F(LogCleanup, OnlyOldSidecarsWithoutACheckpointGo) {
  WriteCheckpointOf(4);
  WriteCheckpointOf(5, true);
  const auto named = Names("/table/_delta_log/_sidecars");
  ASSERT_EQ(named.size(), 1U);
  SetAge("/table/_delta_log/_sidecars/" + *named.begin(), 5);
  Put("/table/_delta_log/_sidecars/orphan.parquet", "x");
  SetAge("/table/_delta_log/_sidecars/orphan.parquet", 2);
  Put("/table/_delta_log/_sidecars/young.parquet", "x");
  SetAge("/table/_delta_log/_sidecars/young.parquet", 0);
  // Of a checkpoint in JSON, as other writers make them.
  const std::string json = "/table/_delta_log/" + VersionPrefix(6) +
                           ".checkpoint.01234567-89ab-cdef-0123-456789abcdef.json";
  Put(json, R"({"checkpointMetadata":{"version":6}})"
            "\n"
            R"({"sidecar":{"path":"other.parquet","sizeInBytes":1,"modificationTime":1}})"
            "\n");
  Put("/table/_delta_log/_sidecars/other.parquet", "x");
  SetAge("/table/_delta_log/_sidecars/other.parquet", 5);
  EXPECT_EQ(MustClean(4).deleted_sidecars, 1);
  auto expected = named;
  expected.insert({"young.parquet", "other.parquet"});
  EXPECT_EQ(Names("/table/_delta_log/_sidecars"), expected);
}

}  // namespace
}  // namespace deltaport::delta
