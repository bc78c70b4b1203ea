#include "delta/checksum_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

using testing::HasSubstr;

// The checksum of a table whose files are of 10 bytes each.
std::string Checksum(int64_t files, std::string_view id = "t", int reader = 1) {
  return fmt::format(
      R"({{"tableSizeBytes":{},"numFiles":{},"numMetadata":1,"numProtocol":1,)"
      R"("metadata":{{"id":"{}","format":{{"provider":"parquet"}},"schemaString":"",)"
      R"("partitionColumns":[],"configuration":{{}}}},)"
      R"("protocol":{{"minReaderVersion":{},"minWriterVersion":2}},"unknown":[1]}})",
      files * 10, files, id, reader);
}

TEST(ChecksumReader, AChecksumThatAgreesChangesNothing) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a") + "\n" + AddLine("b"));
  ASSERT_TRUE(table.store().Put(ChecksumPath("/table", 1), Checksum(2)).ok());
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 2U);
}

TEST(ChecksumReader, AChecksumThatContradictsTheLogIsNamed) {
  for (const std::string& wrong : {Checksum(3), Checksum(2, "other"), Checksum(2, "t", 2)}) {
    TestTable table;
    table.CommitFirst();
    table.Commit(1, AddLine("a") + "\n" + AddLine("b"));
    ASSERT_TRUE(table.store().Put(ChecksumPath("/table", 1), wrong).ok());
    const Status status = Snapshot::Open(table.location()).status();
    EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable) << status;
    EXPECT_THAT(status.message(), HasSubstr("00000000000000000001.crc"));
    // Other versions have nothing to do with it.
    EXPECT_TRUE(Snapshot::Open(table.location(), AtVersion{0}).ok());
    table.Commit(2, AddLine("c"));
    EXPECT_TRUE(Snapshot::Open(table.location()).ok());
  }
}

TEST(ChecksumReader, RefreshChecksToo) {
  TestTable table;
  table.CommitFirst();
  const auto first = *Snapshot::Open(table.location());
  table.Commit(1, AddLine("a"));
  ASSERT_TRUE(table.store().Put(ChecksumPath("/table", 1), Checksum(2)).ok());
  EXPECT_EQ(CodeOf(first->Refresh().status()), ErrorCode::kCorruptTable);
  ASSERT_TRUE(table.store().Put(ChecksumPath("/table", 1), Checksum(1)).ok());
  EXPECT_EQ((*first->Refresh())->version(), 1);
}

TEST(ChecksumReader, WhatIsNoChecksumIsPassedOver) {
  TestTable table;
  table.CommitFirst();
  for (const std::string& bytes : {std::string(), std::string("{"), Checksum(0).substr(0, 40),
                                   std::string("[]"), std::string(R"({"numFiles":0})")}) {
    ASSERT_TRUE(table.store().Put(ChecksumPath("/table", 0), bytes).ok());
    EXPECT_TRUE(Snapshot::Open(table.location()).ok()) << bytes;
  }
}

}  // namespace
}  // namespace deltaport::delta
