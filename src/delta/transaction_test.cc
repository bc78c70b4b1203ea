#include "delta/transaction.h"

#include <gtest/gtest.h>

#include "delta/live_files.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

const Operation kWrite{"WRITE", {}, {}};

AddFile File(std::string path) {
  AddFile add;
  add.path = std::move(path);
  add.size_bytes = 1;
  return add;
}

Result<Transaction> StartOn(const TestTable& table) {
  ARROW_ASSIGN_OR_RAISE(auto snapshot, Snapshot::Open(table.location()));
  return Transaction::Start(std::move(snapshot));
}

void ExpectConflict(const Status& status, std::string_view text) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), ErrorCode::kConflict) << status;
  EXPECT_NE(status.message().find(text), std::string::npos) << status;
}

TEST(Transaction, ABlindAppendMovesBehindTheWinners) {
  TestTable table;
  table.CommitFirst();
  auto append = *StartOn(table);
  append.AddFiles({File("mine")});
  table.Commit(1, AddLine("theirs"));
  table.Commit(2, AddLine("theirs-too"));
  const auto version = append.Commit(kWrite, CancelToken());
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(*version, 3);
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 3U);
}

TEST(Transaction, AChangedSchemaIsAConflictThatNamesTheWinner) {
  TestTable table;
  table.CommitFirst();
  auto append = *StartOn(table);
  append.AddFiles({File("mine")});
  table.Commit(1, R"({"commitInfo":{"operation":"ADD COLUMNS"}})"
                  "\n" +
                      MetadataLine("[" + FieldJson("id", "long") + "]"));
  const auto status = append.Commit(kWrite, CancelToken()).status();
  ExpectConflict(status, "ADD COLUMNS, version 1");
}

TEST(Transaction, AnOverwriteConflictsWithAnAppend) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("old"));
  auto overwrite = *StartOn(table);
  ASSERT_TRUE(overwrite.RemoveAllFiles().ok());
  overwrite.AddFiles({File("new")});
  table.Commit(2, AddLine("theirs"));
  ExpectConflict(overwrite.Commit(kWrite, CancelToken()).status(), "version 2");
}

TEST(Transaction, AnOverwriteOfAnEmptyTableConflictsTooWithAnAppend) {
  TestTable table;
  table.CommitFirst();
  auto overwrite = *StartOn(table);
  ASSERT_TRUE(overwrite.RemoveAllFiles().ok());
  table.Commit(1, AddLine("theirs"));
  ExpectConflict(overwrite.Commit(kWrite, CancelToken()).status(), "version 1");
}

TEST(Transaction, TheSameApplicationConflicts) {
  TestTable table;
  table.CommitFirst();
  auto append = *StartOn(table);
  append.SetTransactionVersion("stream", 7);
  table.Commit(1, R"({"txn":{"appId":"stream","version":7}})");
  ExpectConflict(append.Commit(kWrite, CancelToken()).status(), "'stream'");
}

TEST(Transaction, RecordsTheVersionOfAnApplication) {
  TestTable table;
  table.CommitFirst();
  auto append = *StartOn(table);
  append.SetTransactionVersion("stream", 7);
  ASSERT_TRUE(append.Commit(kWrite, CancelToken()).ok());
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_EQ(snapshot->TransactionVersion("stream"), 7);
  EXPECT_EQ(snapshot->TransactionVersion("other"), std::nullopt);
}

}  // namespace
}  // namespace deltaport::delta
