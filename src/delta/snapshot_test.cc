#include "delta/snapshot.h"

#include <set>

#include <gtest/gtest.h>

#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

std::set<std::string> Paths(const Snapshot& snapshot) {
  std::set<std::string> paths;
  for (size_t i = 0; i < snapshot.files().size(); ++i) paths.insert(snapshot.FilePath(i));
  return paths;
}

std::shared_ptr<const Snapshot> MustOpen(const TestTable& table,
                                         const TimeTravel& at = LatestVersion{}) {
  auto snapshot = Snapshot::Open(table.location(), at);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? *snapshot : nullptr;
}

// Expects an error with this code whose message holds `text`.
void ExpectError(const Status& status, ErrorCode code, std::string_view text) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), code) << status;
  EXPECT_NE(status.message().find(text), std::string::npos) << status;
}

TEST(Snapshot, ReplaysAddsAndRemovesInLogOrder) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a") + "\n" + AddLine("b%20c"));
  table.Commit(2, RemoveLine("a") + "\n" + AddLine("d"));
  const auto snapshot = MustOpen(table);
  EXPECT_EQ(snapshot->version(), 2);
  ASSERT_EQ(snapshot->files().size(), 2U);
  EXPECT_EQ(snapshot->FilePath(0), "/table/b c");
  EXPECT_EQ(snapshot->FilePath(1), "/table/d");
  EXPECT_EQ(snapshot->schema()->field_names(), (std::vector<std::string>{"id", "name"}));
}

TEST(Snapshot, OpensAnOlderVersion) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a"));
  table.Commit(2, RemoveLine("a"));
  EXPECT_EQ(Paths(*MustOpen(table, AtVersion{1})), (std::set<std::string>{"/table/a"}));
  EXPECT_TRUE(MustOpen(table, AtVersion{0})->files().empty());
  ExpectError(Snapshot::Open(table.location(), AtVersion{3}).status(), ErrorCode::kNotFound,
              "version 3 does not exist; the latest is 2");
  ExpectError(Snapshot::Open(table.location(), AtVersion{-1}).status(), ErrorCode::kNotFound,
              "version -1");
}

TEST(Snapshot, AnEmptyDirectoryIsNotATable) {
  TestTable table;
  ExpectError(Snapshot::Open(table.location()).status(), ErrorCode::kNotFound, "/table");
}

TEST(Snapshot, RefreshReadsOnlyNewCommits) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a") + "\n" + AddLine("b"));
  const auto first = MustOpen(table);
  EXPECT_EQ(*first->Refresh(), first);
  table.Commit(2, RemoveLine("a") + "\n" + AddLine("c"));
  // A read of an old commit would fail now.
  const std::string old_commit = CommitPath("/table", 0);
  ASSERT_TRUE(table.store().Put(old_commit, "damaged").ok());
  const auto second = first->Refresh();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->version(), 2);
  EXPECT_EQ(Paths(**second), (std::set<std::string>{"/table/b", "/table/c"}));
  EXPECT_EQ(Paths(*first), (std::set<std::string>{"/table/a", "/table/b"}));
}

}  // namespace
}  // namespace deltaport::delta
