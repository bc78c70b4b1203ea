#include "delta/transaction.h"

#include <gtest/gtest.h>

#include "delta/live_files.h"
#include "delta/log_path.h"
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
  EXPECT_EQ(version->version, 3);
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

std::string CommitText(TestTable& table, TableVersion version) {
  return (*table.store().Read(CommitPath("/table", version)))->ToString();
}

AddFile FileWithRows(std::string path, int64_t rows) {
  AddFile add = File(std::move(path));
  add.stats = fmt::format(R"({{"numRecords":{}}})", rows);
  return add;
}

constexpr char kRowTrackingProtocol[] = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,)"
                                        R"("writerFeatures":["rowTracking","domainMetadata"]}})";

void CommitFirstWith(TestTable& table, std::string_view protocol, std::string_view configuration) {
  table.Commit(0,
               fmt::format("{}\n{}\n", protocol,
                           MetadataLine("[" + FieldJson("id", "long") + "]", "[]", configuration)));
}

TEST(Transaction, ADeleteFollowsABlindAppendButNoOtherAppend) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("old"));
  auto first = *StartOn(table);
  auto second = *StartOn(table);
  for (auto* erase : {&first, &second}) {
    ASSERT_TRUE(erase->RemoveFiles(std::vector<size_t>{0}).ok());
    erase->ReadWholeTable();
  }
  table.Commit(2, R"({"commitInfo":{"operation":"WRITE","isBlindAppend":true}})"
                  "\n" +
                      AddLine("theirs"));
  const auto outcome = first.Commit({"DELETE", {}, {}}, CancelToken());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->version, 3);
  const auto status = second.Commit({"DELETE", {}, {}}, CancelToken()).status();
  ExpectConflict(status, "DELETE, version 3");
  EXPECT_EQ(ConflictOf(status)->kind(), ConflictKind::kConcurrentDeleteRead);
}

TEST(Transaction, ARewriteFollowsAppendsButNotTheRemovalOfItsFiles) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a") + "\n" + AddLine("b"));
  const auto rewrite = [&] {
    auto transaction = *StartOn(table);
    EXPECT_TRUE(transaction.RemoveFiles(std::vector<size_t>{0}, false).ok());
    AddFile add = File("rewritten");
    add.data_change = false;
    transaction.AddFiles({add});
    transaction.ReadWholeTable();
    return transaction;
  };
  auto beside = rewrite();
  table.Commit(2, AddLine("c"));
  // Removals would count for a reader of the whole table; additions do not at this level.
  const auto outcome = beside.Commit({"OPTIMIZE", {}, {}}, CancelToken());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  auto against = rewrite();
  const std::string first((*Snapshot::Open(table.location()))->files().path(0));
  table.Commit(4, RemoveLine(first));
  ExpectConflict(against.Commit({"OPTIMIZE", {}, {}}, CancelToken()).status(), "version 4");
}

TEST(Transaction, AReplacedDeletionVectorKeepsTheFileAndMarksItsBoundsAsWide) {
  TestTable table;
  CommitFirstWith(table,
                  R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,)"
                  R"("readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}})",
                  R"({"delta.enableDeletionVectors":"true"})");
  table.Commit(1, AddLine("a", R"(,"stats":"{\"numRecords\":5,\"minValues\":{\"id\":1}}")"));
  auto transaction = *StartOn(table);
  const DeletionVectorDescriptor vector{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 2};
  ASSERT_TRUE(transaction.ReplaceDeletionVector(0, vector).ok());
  EXPECT_EQ(CodeOf(transaction.RemoveFiles(std::vector<size_t>{0})), ErrorCode::kInternal);
  ASSERT_TRUE(transaction.Commit({"DELETE", {}, {}}, CancelToken()).ok());
  const std::string text = CommitText(table, 2);
  EXPECT_NE(text.find(R"(\"tightBounds\":false)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(\"minValues\":{\"id\":1})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("cardinality":2)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"({"remove":{"path":"a")"), std::string::npos) << text;
}

TEST(Transaction, AppendOnlyTablesKeepTheirRowsButMayRearrangeThem) {
  TestTable table;
  CommitFirstWith(table, kProtocolLine, R"({"delta.appendOnly":"true"})");
  table.Commit(1, AddLine("a"));
  auto transaction = *StartOn(table);
  const std::vector<size_t> first = {0};
  EXPECT_EQ(CodeOf(transaction.RemoveFiles(first)), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(transaction.RemoveFiles(first, false).ok());
}

TEST(Transaction, ChangeFilesAreWrittenAndAreNoPartOfTheState) {
  TestTable table;
  table.CommitFirst();
  auto transaction = *StartOn(table);
  ChangeFile change;
  change.path = "_change_data/c";
  change.partition_values = {{"p", std::nullopt}};
  change.size_bytes = 3;
  transaction.AddChangeFiles({change});
  ASSERT_TRUE(transaction.Commit({"UPDATE", {}, {}}, CancelToken()).ok());
  EXPECT_NE(CommitText(table, 1).find(R"({"cdc":{"path":"_change_data/c","partitionValues":)"
                                      R"({"p":null},"size":3,"dataChange":false}})"),
            std::string::npos);
  EXPECT_TRUE((*Snapshot::Open(table.location()))->files().empty());
}

TEST(Transaction, RowIdsGrowOverWinnersToo) {
  TestTable table;
  CommitFirstWith(table, kRowTrackingProtocol, R"({"delta.enableRowTracking":"true"})");
  auto late = *StartOn(table);
  late.AddFiles({FileWithRows("late", 4)});
  auto early = *StartOn(table);
  early.AddFiles({FileWithRows("a", 10), FileWithRows("b", 5)});
  ASSERT_TRUE(early.Commit(kWrite, CancelToken()).ok());
  const auto outcome = late.Commit(kWrite, CancelToken());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const auto snapshot = *Snapshot::Open(table.location());
  ASSERT_EQ(snapshot->files().size(), 3U);
  EXPECT_EQ(snapshot->files().file(0)->base_row_id, 0);
  EXPECT_EQ(snapshot->files().file(1)->base_row_id, 10);
  EXPECT_EQ(snapshot->files().file(2)->base_row_id, 15);
  EXPECT_EQ(snapshot->files().file(0)->default_row_commit_version, 1);
  EXPECT_EQ(snapshot->files().file(2)->default_row_commit_version, 2);
  EXPECT_EQ(snapshot->domains().at("delta.rowTracking").configuration,
            R"({"rowIdHighWaterMark":18})");
}

TEST(Transaction, RowTrackingNeedsTheNumberOfRows) {
  TestTable table;
  CommitFirstWith(table, kRowTrackingProtocol, "{}");
  auto append = *StartOn(table);
  append.AddFiles({File("a")});
  const auto status = append.Commit(kWrite, CancelToken()).status();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("numRecords"), std::string::npos) << status;
}

TEST(Transaction, InCommitTimestampsTurnedOnLateSaySinceWhen) {
  TestTable table;
  table.CommitFirst();
  auto change = *StartOn(table);
  Metadata metadata = change.metadata();
  metadata.configuration["delta.enableInCommitTimestamps"] = "true";
  ASSERT_TRUE(change.SetMetadata(metadata).ok());
  table.Commit(1, AddLine("theirs"));
  const auto outcome = change.Commit({"SET TBLPROPERTIES", {}, {}}, CancelToken());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_EQ(snapshot->timestamp_ms(), outcome->timestamp_ms);
  const auto& properties = snapshot->metadata().configuration;
  EXPECT_EQ(properties.at("delta.inCommitTimestampEnablementVersion"), "2");
  EXPECT_EQ(properties.at("delta.inCommitTimestampEnablementTimestamp"),
            fmt::format("{}", outcome->timestamp_ms));
  const auto& features = *snapshot->protocol().writer_features;
  EXPECT_NE(std::find(features.begin(), features.end(), "inCommitTimestamp"), features.end());
  EXPECT_TRUE(CommitText(table, 2).starts_with(R"({"commitInfo":{"inCommitTimestamp":)"));
}

TEST(Transaction, AnUpgradeByTheWinnerIsFollowed) {
  TestTable table;
  table.CommitFirst();
  auto append = *StartOn(table);
  append.AddFiles({FileWithRows("mine", 3)});
  table.Commit(1, kRowTrackingProtocol);
  ASSERT_TRUE(append.Commit(kWrite, CancelToken()).ok());
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().file(0)->base_row_id, 0);
}

TEST(Transaction, AnUpgradeThatWeCannotKeepIsNamed) {
  TestTable table;
  table.CommitFirst();
  auto append = *StartOn(table);
  append.AddFiles({File("mine")});
  table.Commit(1, R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,)"
                  R"("writerFeatures":["telepathy"]}})");
  const auto status = append.Commit(kWrite, CancelToken()).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kUnsupportedFeature);
  EXPECT_NE(status.message().find("telepathy"), std::string::npos);
}

TEST(Transaction, ADomainBringsItsFeature) {
  TestTable table;
  table.CommitFirst();
  auto change = *StartOn(table);
  change.SetDomain({"app", R"({"a":1})", false});
  ASSERT_TRUE(change.Commit({"SET DOMAIN", {}, {}}, CancelToken()).ok());
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_EQ(snapshot->domains().at("app").configuration, R"({"a":1})");
  EXPECT_EQ(snapshot->protocol().min_writer_version, 7);
}

TEST(Transaction, RowsThatMissedTheRulesOfTheirTableAreRefused) {
  TestTable table;
  CommitFirstWith(table, R"({"protocol":{"minReaderVersion":1,"minWriterVersion":3}})",
                  R"({"delta.constraints.positive":"id > 0"})");
  for (const bool applied : {false, true}) {
    auto append = *StartOn(table);
    append.AddFiles({File("mine")});
    if (applied) append.RowRulesApplied();
    const auto status = append.Commit(kWrite, CancelToken()).status();
    EXPECT_EQ(status.ok(), applied) << status;
    if (!applied) {
      EXPECT_NE(status.message().find("checkConstraints"), std::string::npos);
    }
  }
}

TEST(Transaction, AFileIsAddedOnce) {
  TestTable table;
  table.CommitFirst();
  auto append = *StartOn(table);
  append.AddFiles({File("a%20b"), File("a b")});
  EXPECT_EQ(CodeOf(append.Commit(kWrite, CancelToken()).status()), ErrorCode::kInternal);
}

// Commits, and then says that it did not.
class LosingCommitter final : public Committer {
 public:
  explicit LosingCommitter(ErrorCode code) : code_(code) {}
  Status Commit(const storage::Location& table, TableVersion version,
                std::string_view actions) override {
    ARROW_RETURN_NOT_OK(StoreCommitter::Shared()->Commit(table, version, actions));
    return Error(code_, "the reply was lost");
  }

 private:
  ErrorCode code_;
};

TEST(Transaction, ALostReplyIsRecognisedAsACommit) {
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kAlreadyExists}) {
    TestTable table;
    table.CommitFirst();
    auto append = *StartOn(table);
    append.AddFiles({File("mine")});
    LosingCommitter committer(code);
    const auto outcome = append.Commit(kWrite, CancelToken(), committer);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->version, 1);
    EXPECT_EQ((*Snapshot::Open(table.location()))->version(), 1);
  }
}

}  // namespace
}  // namespace deltaport::delta
