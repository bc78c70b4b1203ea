#include "delta/commit_timestamp.h"

#include <gtest/gtest.h>

#include "delta/log_path.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

void SetTime(TestTable& table, TableVersion version, int64_t time_ms) {
  ASSERT_TRUE(table.store().SetModified(CommitPath("/table", version), time_ms).ok());
}

TableVersion VersionAt(const TestTable& table, int64_t timestamp_ms) {
  const auto snapshot = Snapshot::Open(table.location(), AtTimestamp{timestamp_ms});
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? (*snapshot)->version() : -1;
}

TEST(CommitTimestamp, FindsTheNewestVersionAtAnInstant) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a"));
  table.Commit(2, AddLine("b"));
  for (int version = 0; version < 3; ++version) SetTime(table, version, 1000 * (version + 1));
  EXPECT_EQ(VersionAt(table, 1000), 0);
  EXPECT_EQ(VersionAt(table, 1999), 0);
  EXPECT_EQ(VersionAt(table, 2000), 1);
  EXPECT_EQ(VersionAt(table, 1'000'000), 2);
  const Status early = Snapshot::Open(table.location(), AtTimestamp{999}).status();
  EXPECT_EQ(CodeOf(early), ErrorCode::kNotFound) << early;
}

TEST(CommitTimestamp, TimesThatGoBackAreMadeMonotone) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a"));
  table.Commit(2, AddLine("b"));
  SetTime(table, 0, 5000);
  SetTime(table, 1, 1000);
  SetTime(table, 2, 5000);
  EXPECT_EQ(VersionAt(table, 5000), 0);
  EXPECT_EQ(VersionAt(table, 5001), 1);
  EXPECT_EQ(VersionAt(table, 5002), 2);
}

TEST(CommitTimestamp, InCommitTimestampsCountWhereTheyAreOn) {
  TestTable table;
  const auto commit = [&](TableVersion version, int64_t time_ms, std::string_view rest) {
    table.Commit(version,
                 fmt::format("{{\"commitInfo\":{{\"inCommitTimestamp\":{}}}}}\n{}", time_ms, rest));
  };
  const std::string fields = "[" + FieldJson("id", "long") + "]";
  table.Commit(0, fmt::format("{}\n{}\n", kProtocolLine, MetadataLine(fields)));
  commit(1, 7000,
         R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,)"
         R"("writerFeatures":["inCommitTimestamp"]}})"
         "\n" +
             MetadataLine(fields, "[]",
                          R"({"delta.enableInCommitTimestamps":"true",)"
                          R"("delta.inCommitTimestampEnablementVersion":"1",)"
                          R"("delta.inCommitTimestampEnablementTimestamp":"7000"})"));
  commit(2, 8000, AddLine("a"));
  SetTime(table, 0, 3000);
  SetTime(table, 1, 1);
  SetTime(table, 2, 2);
  EXPECT_EQ(VersionAt(table, 6999), 0);
  EXPECT_EQ(VersionAt(table, 7000), 1);
  EXPECT_EQ(VersionAt(table, 8000), 2);
  EXPECT_EQ(Snapshot::Open(table.location()).ValueOrDie()->timestamp_ms(), 8000);
}

}  // namespace
}  // namespace deltaport::delta
