#include "delta/version_checksum.h"

#include <gtest/gtest.h>

#include "columnar/json_document.h"
#include "delta/log_path.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

columnar::JsonDocument MustParse(std::string_view text) {
  auto document = columnar::JsonDocument::Parse(text);
  EXPECT_TRUE(document.ok()) << document.status() << '\n' << text;
  return document.MoveValueUnsafe();
}

std::shared_ptr<const Snapshot> MustOpen(const TestTable& table) {
  auto snapshot = Snapshot::Open(table.location());
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *snapshot;
}

TEST(VersionChecksum, HoldsTotalsAndTableState) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a") + "\n" + AddLine("b") + "\n" +
                      R"({"txn":{"appId":"x","version":7,"lastUpdated":9}})"
                      "\n"
                      R"({"domainMetadata":{"domain":"d","configuration":"{}","removed":false}})"
                      "\n"
                      R"({"domainMetadata":{"domain":"e","configuration":"","removed":true}})");
  const auto document = MustParse(VersionChecksumJson(*MustOpen(table), "some \"id\""));
  const auto root = document.root();
  EXPECT_EQ(root["txnId"].string(), "some \"id\"");
  EXPECT_EQ(root["tableSizeBytes"].integer(), 20);
  EXPECT_EQ(root["numFiles"].integer(), 2);
  EXPECT_EQ(root["numMetadata"].integer(), 1);
  EXPECT_EQ(root["numProtocol"].integer(), 1);
  EXPECT_EQ(root["metadata"]["id"].string(), "t");
  EXPECT_EQ(root["protocol"]["minReaderVersion"].integer(), 1);
  EXPECT_EQ(root["setTransactions"].ToText(), R"([{"appId":"x","version":7,"lastUpdated":9}])");
  EXPECT_EQ(root["domainMetadata"].ToText(),
            R"([{"domain":"d","configuration":"{}","removed":false}])");
  EXPECT_TRUE(root["inCommitTimestampOpt"].missing());
  EXPECT_TRUE(root["numDeletionVectorsOpt"].missing());
  const auto histogram = root["fileSizeHistogram"];
  EXPECT_EQ(histogram["sortedBinBoundaries"].size(), 95U);
  EXPECT_EQ(histogram["fileCounts"].size(), 95U);
  EXPECT_TRUE(histogram["fileCounts"].ToText().starts_with("[2,0,"));
  EXPECT_TRUE(histogram["totalBytes"].ToText().starts_with("[20,0,"));
}

TEST(VersionChecksum, HoldsTheInCommitTimestamp) {
  TestTable table;
  table.Commit(0, R"({"commitInfo":{"inCommitTimestamp":123456}})"
                  "\n"
                  R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,)"
                  R"("writerFeatures":["inCommitTimestamp"]}})"
                  "\n" +
                      MetadataLine("[" + FieldJson("id", "long") + "]", "[]",
                                   R"({"delta.enableInCommitTimestamps":"true"})"));
  const auto document = MustParse(VersionChecksumJson(*MustOpen(table), std::nullopt));
  EXPECT_EQ(document.root()["inCommitTimestampOpt"].integer(), 123456);
  EXPECT_TRUE(document.root()["txnId"].missing());
}

TEST(VersionChecksum, IsNeverOverwritten) {
  TestTable table;
  table.CommitFirst();
  const std::string path = ChecksumPath("/table", 0);
  ASSERT_TRUE(table.store().Put(path, "theirs").ok());
  ASSERT_TRUE(WriteVersionChecksum(*MustOpen(table), std::nullopt).ok());
  EXPECT_EQ((*table.store().Read(path))->ToString(), "theirs");
}

}  // namespace
}  // namespace deltaport::delta
