// Damaged logs: each an error that names the file, never a wrong answer.

#include <gtest/gtest.h>

#include "delta/action_json.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

void ExpectError(const Status& status, ErrorCode code, std::string_view text) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), code) << status;
  EXPECT_NE(status.message().find(text), std::string::npos) << status;
}

Status OpenWith(std::string_view second_commit) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, second_commit);
  return Snapshot::Open(table.location()).status();
}

TEST(LogDamage, AMissingCommitIsNamed) {
  TestTable table;
  table.CommitFirst();
  table.Commit(2, AddLine("a"));
  ExpectError(Snapshot::Open(table.location()).status(), ErrorCode::kCorruptTable,
              "00000000000000000001.json");
}

TEST(LogDamage, AMissingStartIsNamed) {
  TestTable table;
  table.Commit(3, AddLine("a"));
  ExpectError(Snapshot::Open(table.location()).status(), ErrorCode::kCorruptTable,
              "00000000000000000000.json");
}

TEST(LogDamage, BrokenLinesNameFileAndLine) {
  const std::string first = AddLine("a") + "\n";
  for (const std::string& bad :
       {std::string("{"), AddLine("b").substr(0, 30), std::string("[]"), std::string("\xff\xfe"),
        std::string(R"({"add":{"path":7,"size":1}})"), std::string(R"({"add":{"size":1}})"),
        std::string(R"({"add":{"path":"a"}})"), std::string(R"({"add":[]})"),
        std::string(R"({"add":{"path":"a","size":1.5}})"),
        std::string(R"({"add":{"path":"a","size":99999999999999999999}})"),
        std::string(R"({"add":{"path":"a","size":1,"partitionValues":{"p":1}}})"),
        std::string(R"({"protocol":{"minReaderVersion":"1","minWriterVersion":2}})"),
        std::string(R"({"remove":{}})"), std::string(R"({"txn":{"appId":"x"}})")}) {
    const Status status = OpenWith(first + bad);
    ExpectError(status, ErrorCode::kCorruptTable, "/table/_delta_log/00000000000000000001.json");
    ExpectError(status, ErrorCode::kCorruptTable, "line 2");
  }
}

TEST(LogDamage, PathsThatAreMalformedOrLeadOutAreRefused) {
  for (const char* path : {"a%2", "a%zz", "", "../x", "a/../../x", "%2e%2e/x", "file://host/x"}) {
    ExpectError(OpenWith(AddLine(path)), ErrorCode::kCorruptTable, "00000000000000000001.json");
  }
}

TEST(LogDamage, AnEmptyCommitIsNamed) {
  ExpectError(OpenWith(""), ErrorCode::kCorruptTable, "00000000000000000001.json: is empty");
  ExpectError(OpenWith("\n \n"), ErrorCode::kCorruptTable, "00000000000000000001.json: is empty");
}

TEST(LogDamage, NoProtocolOrMetadataIsSaid) {
  TestTable table;
  table.Commit(0, AddLine("a"));
  ExpectError(Snapshot::Open(table.location()).status(), ErrorCode::kCorruptTable, "no protocol");
  table.Commit(0, kProtocolLine);
  ExpectError(Snapshot::Open(table.location()).status(), ErrorCode::kCorruptTable, "no metaData");
}

TEST(LogDamage, DeepNestingIsAnErrorNotACrash) {
  const std::string deep(200'000, '[');
  ExpectError(OpenWith(deep), ErrorCode::kCorruptTable, "line 1");
  const std::string closed =
      R"({"unknown":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_TRUE(OpenWith(closed).ok());
}

TEST(LogDamage, UnknownActionsAndFieldsArePassedOver) {
  EXPECT_TRUE(OpenWith(R"({"somethingNew":{"a":1}})"
                       "\n"
                       R"({"commitInfo":{"operation":7,"timestamp":"x","operationParameters":[]}})"
                       "\n" +
                       AddLine("a", R"(,"newField":{"x":[1]})"))
                  .ok());
}

TEST(LogDamage, AGarbageCheckpointIsNamed) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a"));
  for (const std::string& bytes : {std::string(), std::string("PAR1"), std::string(5000, 'x'),
                                   "PAR1" + std::string(100, '\xff') + "PAR1"}) {
    ASSERT_TRUE(table.store().Put(CheckpointPath("/table", 1), bytes).ok());
    ExpectError(Snapshot::Open(table.location()).status(), ErrorCode::kCorruptTable,
                "00000000000000000001.checkpoint.parquet");
  }
}

TEST(LogDamage, ABadHintIsOnlyAHint) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a"));
  for (const char* hint : {"", "{", "[]", R"({"version":-1})", R"({"version":1})",
                           R"({"version":99,"size":1})", R"({"version":"0"})"}) {
    ASSERT_TRUE(table.store().Put(LastCheckpointPath("/table"), hint).ok());
    const auto snapshot = Snapshot::Open(table.location());
    ASSERT_TRUE(snapshot.ok()) << hint << ": " << snapshot.status();
    EXPECT_EQ((*snapshot)->version(), 1);
  }
}

TEST(LogDamage, UnknownFeaturesAreRefusedByName) {
  TestTable table;
  const std::string metadata = MetadataLine("[" + FieldJson("id", "long") + "]");
  const auto open = [&](std::string_view protocol) {
    table.Commit(0, fmt::format("{{\"protocol\":{}}}\n{}\n", protocol, metadata));
    return Snapshot::Open(table.location()).status();
  };
  ExpectError(open(R"({"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timeTurner",)"
                   R"("wormHole"],"writerFeatures":["timeTurner","wormHole"]})"),
              ErrorCode::kUnsupportedFeature, "timeTurner, wormHole");
  ExpectError(open(R"({"minReaderVersion":4,"minWriterVersion":7})"),
              ErrorCode::kUnsupportedFeature, "reader version 4");
  ExpectError(open(R"({"minReaderVersion":3,"minWriterVersion":7})"), ErrorCode::kCorruptTable,
              "readerFeatures");
  EXPECT_TRUE(open(R"({"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["new"]})").ok());
  EXPECT_TRUE(open(R"({"minReaderVersion":2,"minWriterVersion":6})").ok());
  EXPECT_TRUE(open(R"({"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":)"
                   R"(["timestampNtz","vacuumProtocolCheck","deletionVectors"],)"
                   R"("writerFeatures":["timestampNtz"]})")
                  .ok());
}

TEST(LogDamage, ADeletionVectorThatNamesNoFileIsNamed) {
  const std::string vector =
      R"(,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":1,"sizeInBytes":3,)"
      R"("cardinality":1})";
  ExpectError(OpenWith(AddLine("a", vector)), ErrorCode::kCorruptTable, "deletion vector 'x'");
}

}  // namespace
}  // namespace deltaport::delta
