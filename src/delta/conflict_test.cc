#include "delta/conflict.h"

#include <gtest/gtest.h>

#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

const storage::Location kTable{nullptr, "/t"};

AddFile File(std::string path) {
  AddFile add;
  add.path = std::move(path);
  return add;
}

WinningCommit Winner(bool blind = false) {
  WinningCommit winner;
  winner.version = 7;
  winner.operation = "MERGE";
  winner.blind_append = blind;
  return winner;
}

void ExpectConflict(const TransactionFootprint& ours, const WinningCommit& winner,
                    ConflictKind kind) {
  const Status status = CheckConflicts(kTable, ours, winner);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), ErrorCode::kConflict);
  const ConflictDetail* detail = ConflictOf(status);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->kind(), kind) << status;
  EXPECT_EQ(detail->winner_version(), 7);
  EXPECT_EQ(detail->winner_operation(), "MERGE");
  EXPECT_NE(status.message().find("MERGE, version 7"), std::string::npos) << status;
  // What callers say around it keeps the detail.
  EXPECT_NE(ConflictOf(WithContext(status, "append")), nullptr);
}

void ExpectNone(const TransactionFootprint& ours, const WinningCommit& winner) {
  const Status status = CheckConflicts(kTable, ours, winner);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(Conflict, ABlindAppendStandsOnlyAgainstMetadata) {
  const TransactionFootprint blind;
  WinningCommit winner = Winner();
  winner.adds = {File("a")};
  winner.removed_files = {"b"};
  winner.applications = {{"stream", 1}};
  winner.domains["d"] = {};
  winner.protocol = Protocol();
  ExpectNone(blind, winner);
  winner.changes_metadata = true;
  ExpectConflict(blind, winner, ConflictKind::kMetadataChanged);
}

TEST(Conflict, TwoChangesOfTheProtocolConflict) {
  TransactionFootprint ours;
  ours.changes_protocol = true;
  WinningCommit winner = Winner();
  winner.protocol = Protocol();
  ExpectConflict(ours, winner, ConflictKind::kProtocolChanged);
}

TEST(Conflict, AddsOfABlindAppendAreExemptUnlessSerializable) {
  TransactionFootprint ours;
  ours.read_whole_table = true;
  WinningCommit winner = Winner(true);
  winner.adds = {File("a")};
  ExpectNone(ours, winner);
  ours.isolation = IsolationLevel::kSerializable;
  ExpectConflict(ours, winner, ConflictKind::kConcurrentAppend);
  ours.isolation = IsolationLevel::kWriteSerializable;
  ours.changes_metadata = true;
  ExpectConflict(ours, winner, ConflictKind::kConcurrentAppend);
}

TEST(Conflict, AddsOfAWriterThatHasReadConflictUnderWriteSerializable) {
  TransactionFootprint ours;
  ours.read_whole_table = true;
  WinningCommit winner = Winner();
  winner.adds = {File("a")};
  ExpectConflict(ours, winner, ConflictKind::kConcurrentAppend);
  ours.isolation = IsolationLevel::kSnapshot;
  ExpectNone(ours, winner);
}

TEST(Conflict, OnlyAddsThatMatchWhatWasLookedForConflict) {
  TransactionFootprint ours;
  ours.read_filters = {[](const AddFile& add) { return add.path == "match"; }};
  WinningCommit winner = Winner();
  winner.adds = {File("other")};
  ExpectNone(ours, winner);
  winner.adds = {File("other"), File("match")};
  ExpectConflict(ours, winner, ConflictKind::kConcurrentAppend);
}

TEST(Conflict, ARemovedFileConflictsWithItsReadersAndRemovers) {
  TransactionFootprint reader;
  reader.read_files = {"a"};
  TransactionFootprint remover;
  remover.removed_files = {"a"};
  WinningCommit winner = Winner();
  winner.removed_files = {"b"};
  ExpectNone(reader, winner);
  ExpectNone(remover, winner);
  winner.removed_files.insert("a");
  ExpectConflict(reader, winner, ConflictKind::kConcurrentDeleteRead);
  ExpectConflict(remover, winner, ConflictKind::kConcurrentDeleteDelete);
  // Whatever the level: the file is gone.
  remover.isolation = IsolationLevel::kSnapshot;
  ExpectConflict(remover, winner, ConflictKind::kConcurrentDeleteDelete);
}

TEST(Conflict, AnyRemovedFileConflictsWithAReaderOfTheWholeTable) {
  TransactionFootprint ours;
  ours.read_whole_table = true;
  WinningCommit winner = Winner();
  winner.removed_files = {"b"};
  ExpectConflict(ours, winner, ConflictKind::kConcurrentDeleteRead);
}

TEST(Conflict, TheSameApplicationOrDomainConflicts) {
  TransactionFootprint ours;
  ours.applications = {"stream"};
  WinningCommit winner = Winner(true);
  winner.applications = {{"other", 1}};
  ExpectNone(ours, winner);
  winner.applications = {{"stream", 1}};
  ExpectConflict(ours, winner, ConflictKind::kConcurrentTransaction);
  ours.applications.clear();
  ours.domains = {"app"};
  winner.domains["delta.rowTracking"] = {};
  ExpectNone(ours, winner);
  winner.domains["app"] = {};
  ExpectConflict(ours, winner, ConflictKind::kDomainChanged);
}

TEST(Conflict, AWinningCommitIsReadFromItsFile) {
  TestTable table;
  table.Commit(3, R"({"commitInfo":{"operation":"WRITE","isBlindAppend":true,"txnId":"x",)"
                  R"("inCommitTimestamp":42}})"
                  "\n" +
                      AddLine("a%20b") + "\n" + RemoveLine("c%20d") + "\n" +
                      R"({"txn":{"appId":"s","version":9}})"
                      "\n" +
                      R"({"domainMetadata":{"domain":"d","configuration":"{}","removed":false}})");
  const auto commits = *ListCommitsAfter(table.location(), 2);
  ASSERT_EQ(commits.size(), 1U);
  const auto winner = ReadWinningCommit(table.store(), commits.front());
  ASSERT_TRUE(winner.ok()) << winner.status();
  EXPECT_EQ(winner->version, 3);
  EXPECT_EQ(winner->operation, "WRITE");
  EXPECT_EQ(winner->transaction_id, "x");
  EXPECT_EQ(winner->timestamp_ms, 42);
  EXPECT_TRUE(winner->blind_append);
  EXPECT_FALSE(winner->changes_metadata);
  ASSERT_EQ(winner->adds.size(), 1U);
  EXPECT_TRUE(winner->removed_files.contains("c d"));
  EXPECT_EQ(winner->applications.at("s"), 9);
  EXPECT_TRUE(winner->domains.contains("d"));
}

}  // namespace
}  // namespace deltaport::delta
