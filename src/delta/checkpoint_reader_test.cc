#include "delta/checkpoint_reader.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/checkpoint_test_support.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"

namespace deltaport::delta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Paths(const Snapshot& snapshot) {
  std::set<std::string> paths;
  for (size_t i = 0; i < snapshot.files().size(); ++i) {
    EXPECT_TRUE(paths.emplace(snapshot.files().path(i)).second) << "a file stands twice";
  }
  return {paths.begin(), paths.end()};
}

// Three files, an application and a domain at version 2.
void WriteCommits(TestTable& table) {
  table.CommitFirst();
  table.Commit(1, AddLine("a", R"(,"stats":"{\"numRecords\":5}")") + "\n" + AddLine("b%20c") +
                      "\n" + AddLine("gone"));
  table.Commit(2, AddLine("d") + "\n" + RemoveLine("gone") + "\n" +
                      R"({"txn":{"appId":"app","version":7,"lastUpdated":3}})" + "\n" +
                      R"({"domainMetadata":{"domain":"x","configuration":"{}","removed":false}})");
}

void RemoveCommits(TestTable& table, TableVersion first, TableVersion last) {
  for (TableVersion version = first; version <= last; ++version) {
    ASSERT_TRUE(table.store().Remove(CommitPath("/table", version)).ok());
  }
}

std::string PathOf(TableVersion version, std::string_view rest) {
  return fmt::format("{}/{:020d}.checkpoint.{}", LogDirectory("/table"), version, rest);
}

TEST(CheckpointReader, EveryFormGivesWhatTheCommitsGive) {
  for (int form = 0; form < kCheckpointForms; ++form) {
    SCOPED_TRACE(form);
    TestTable table;
    WriteCommits(table);
    const auto before = *Snapshot::Open(table.location());
    WriteCheckpoint(table, *before, static_cast<CheckpointForm>(form));
    RemoveCommits(table, 0, 2);
    table.Commit(3, AddLine("e") + "\n" + RemoveLine("a"));
    const auto at_checkpoint = Snapshot::Open(table.location(), AtVersion{2});
    ASSERT_TRUE(at_checkpoint.ok()) << at_checkpoint.status();
    EXPECT_EQ(Paths(**at_checkpoint), Paths(*before));
    EXPECT_EQ((*at_checkpoint)->TransactionVersion("app"), 7);
    EXPECT_EQ((*at_checkpoint)->domains().size(), 1U);
    EXPECT_EQ((*at_checkpoint)->metadata().schema_string, before->metadata().schema_string);
    const auto latest = Snapshot::Open(table.location());
    ASSERT_TRUE(latest.ok()) << latest.status();
    EXPECT_THAT(Paths(**latest), ElementsAre("b%20c", "d", "e"));
  }
}

TEST(CheckpointReader, AnIncompleteMultiPartCheckpointIsPassedOver) {
  TestTable table;
  WriteCommits(table);
  WriteCheckpoint(table, **Snapshot::Open(table.location()), CheckpointForm::kMultiPart);
  ASSERT_TRUE(table.store().Remove(PathOf(2, "0000000001.0000000002.parquet")).ok());
  EXPECT_THAT(Paths(**Snapshot::Open(table.location())), ElementsAre("a", "b%20c", "d"));
}

TEST(CheckpointReader, AMissingSidecarIsNamed) {
  for (const auto form :
       {CheckpointForm::kJsonWithSidecars, CheckpointForm::kParquetWithSidecars}) {
    TestTable table;
    WriteCommits(table);
    WriteCheckpoint(table, **Snapshot::Open(table.location()), form);
    ASSERT_TRUE(table.store().Remove(SidecarPath("/table", "v2-1.parquet")).ok());
    const Status status = Snapshot::Open(table.location()).status();
    EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable) << status;
    EXPECT_THAT(status.message(), HasSubstr("_sidecars/v2-1.parquet"));
  }
}

TEST(CheckpointReader, ATruncatedCheckpointIsNamed) {
  for (int form = 0; form < kCheckpointForms; ++form) {
    SCOPED_TRACE(form);
    TestTable table;
    WriteCommits(table);
    WriteCheckpoint(table, **Snapshot::Open(table.location()), static_cast<CheckpointForm>(form));
    const auto files = *table.store().List(LogDirectory("/table"), VersionPrefix(2));
    const auto checkpoint = *std::find_if(files.begin(), files.end(), [](const auto& file) {
      return file.path.find(".checkpoint.") != std::string::npos;
    });
    const std::string bytes(std::string_view(**table.store().Read(checkpoint.path)));
    for (const size_t size : {bytes.size() / 4, bytes.size() / 2, bytes.size() - 1}) {
      ASSERT_TRUE(table.store().Put(checkpoint.path, bytes.substr(0, size)).ok());
      const auto snapshot = Snapshot::Open(table.location());
      // A JSON file may be cut between two lines: then the line with its version is what is left.
      if (snapshot.ok() && checkpoint.path.ends_with(".json")) continue;
      EXPECT_EQ(CodeOf(snapshot.status()), ErrorCode::kCorruptTable) << snapshot.status();
      EXPECT_THAT(snapshot.status().message(), HasSubstr(checkpoint.path));
    }
  }
}

TEST(CheckpointReader, AnOlderCompleteCheckpointStandsInForADamagedOne) {
  TestTable table;
  WriteCommits(table);
  WriteCheckpoint(table, **Snapshot::Open(table.location(), AtVersion{1}),
                  CheckpointForm::kClassic);
  WriteCheckpoint(table, **Snapshot::Open(table.location()), CheckpointForm::kParquetWithSidecars);
  ASSERT_TRUE(table.store().Remove(SidecarPath("/table", "v2-0.parquet")).ok());
  ASSERT_TRUE(table.store().Put(LastCheckpointPath("/table"), R"({"version":2})").ok());
  RemoveCommits(table, 0, 0);
  const auto snapshot = Snapshot::Open(table.location());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_THAT(Paths(**snapshot), ElementsAre("a", "b%20c", "d"));
  // Without the commit between them the older one leads nowhere.
  RemoveCommits(table, 2, 2);
  const Status status = Snapshot::Open(table.location()).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable);
  EXPECT_THAT(status.message(), HasSubstr("v2-0.parquet"));
}

TEST(CheckpointReader, StatisticsThatAreOnlyColumnsCount) {
  TestTable table;
  table.CommitFirst();
  const auto bounds =
      arrow::struct_({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
  const auto type = arrow::struct_(
      {arrow::field("numRecords", arrow::int64()), arrow::field("minValues", bounds),
       arrow::field("maxValues", bounds),
       arrow::field("nullCount", arrow::struct_({arrow::field("id", arrow::int64())}))});
  auto rows = OtherRows(**Snapshot::Open(table.location()));
  const auto row = [](std::string_view path, std::string_view stats) {
    return fmt::format(R"({{"add":{{"path":"{}","size":1,"partitionValues":[],)"
                       R"("stats_parsed":{}}}}})",
                       path, stats);
  };
  rows.push_back(row("a", R"({"numRecords":4,"minValues":{"id":-1,"name":"x\"y"},)"
                          R"("maxValues":{"id":9,"name":"z"},"nullCount":{"id":2}})"));
  rows.push_back(row("b", "null"));
  WriteCheckpointFile(table.store(), CheckpointPath("/table", 0), rows, type);
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  ASSERT_EQ(snapshot->files().size(), 2U);
  const size_t a = snapshot->files().path(0) == "a" ? 0 : 1;
  EXPECT_EQ(snapshot->files().record_count(a), 4);
  EXPECT_EQ(snapshot->files().record_count(1 - a), std::nullopt);
  EXPECT_EQ(*snapshot->files().stats(a),
            R"({"numRecords":4,"minValues":{"id":-1,"name":"x\"y"},)"
            R"("maxValues":{"id":9,"name":"z"},"nullCount":{"id":2}})");
  EXPECT_EQ(*snapshot->files().stats(1 - a), std::nullopt);
  const auto id = snapshot->Statistics(0).ValueOrDie();
  const auto row_a = static_cast<int64_t>(a);
  EXPECT_EQ(static_cast<const arrow::Int64Array&>(*id->min_values).Value(row_a), -1);
  EXPECT_EQ(static_cast<const arrow::Int64Array&>(*id->max_values).Value(row_a), 9);
  EXPECT_EQ(id->null_counts->Value(row_a), 2);
  EXPECT_TRUE(id->min_values->IsNull(1 - row_a));
  const auto name = snapshot->Statistics(1).ValueOrDie();
  EXPECT_EQ(static_cast<const arrow::StringArray&>(*name->min_values).GetString(row_a), "x\"y");
}

constexpr int64_t kManyFiles = 12'000;

// A checkpoint whose statistics are large enough to stay in the file. File i has the ids from i to
// i + 9, but each tenth has no statistics.
void WriteLargeCheckpoint(TestTable& table) {
  table.CommitFirst();
  auto rows = OtherRows(**Snapshot::Open(table.location()));
  for (int64_t i = 0; i < kManyFiles; ++i) {
    AddFile add;
    add.path = fmt::format("f{:05}", i);
    add.size_bytes = 1;
    if (i % 10 != 0) {
      add.stats = fmt::format(R"({{"numRecords":10,"minValues":{{"id":{},"name":"{:0200}"}},)"
                              R"("maxValues":{{"id":{},"name":"{:0200}"}},)"
                              R"("nullCount":{{"id":0,"name":1}}}})",
                              i, i, i + 9, i + 9);
    }
    rows.push_back(CheckpointRow(add));
  }
  WriteCheckpointFile(table.store(), CheckpointPath("/table", 0), rows);
}

TEST(CheckpointReader, LargeStatisticsAreReadWhenTheyAreAskedFor) {
  TestTable table;
  WriteLargeCheckpoint(table);
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  ASSERT_EQ(snapshot->files().size(), static_cast<size_t>(kManyFiles));
  // What is held stays readable if the file is cleaned up meanwhile.
  ASSERT_TRUE(table.store().Remove(CheckpointPath("/table", 0)).ok());
  const auto id = snapshot->Statistics(0).ValueOrDie();
  ASSERT_EQ(id->min_values->length(), kManyFiles);
  const auto& low = static_cast<const arrow::Int64Array&>(*id->min_values);
  const auto& high = static_cast<const arrow::Int64Array&>(*id->max_values);
  for (int64_t i = 0; i < kManyFiles; ++i) {
    const auto file = static_cast<size_t>(i);
    const auto stats = snapshot->files().stats(file).ValueOrDie();
    ASSERT_EQ(stats.has_value(), i % 10 != 0) << i;
    ASSERT_EQ(low.IsValid(i), i % 10 != 0) << i;
    ASSERT_EQ(snapshot->files().record_count(file).has_value(), i % 10 != 0) << i;
    if (i % 10 == 0) continue;
    ASSERT_EQ(low.Value(i), i);
    ASSERT_EQ(high.Value(i), i + 9);
    ASSERT_TRUE(stats->starts_with(fmt::format(R"({{"numRecords":10,"minValues":{{"id":{},)", i)));
  }
  EXPECT_EQ(snapshot->RowCount(), std::nullopt);
}

TEST(CheckpointReader, DamagedStatisticsNameTheFile) {
  TestTable table;
  WriteLargeCheckpoint(table);
  const std::string path = CheckpointPath("/table", 0);
  std::string bytes(std::string_view(**table.store().Read(path)));
  const size_t begin = bytes.find("numRecords");
  ASSERT_NE(begin, std::string::npos);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin), 100'000, '\xff');
  ASSERT_TRUE(table.store().Put(path, bytes).ok());
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  for (const Status& status :
       {snapshot->Statistics(0).status(), snapshot->files().stats(0).status(),
        snapshot->files().file(0).status()}) {
    EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable) << status;
    EXPECT_THAT(status.message(), HasSubstr(path));
  }
  EXPECT_EQ(snapshot->RowCount(), std::nullopt);
  EXPECT_EQ(snapshot->files().FileWithoutStatistics(0).path, "f00000");
}

TEST(CheckpointReader, RareFieldsOfFilesArriveWhole) {
  AddFile add;
  add.path = "p=1/a";
  add.partition_values = {{"p", "1"}, {"q", std::nullopt}};
  add.size_bytes = 3;
  add.modification_time_ms = 4;
  add.stats = "{}";
  add.tags = {{"k", "v"}};
  add.base_row_id = 5;
  add.default_row_commit_version = 6;
  add.clustering_provider = "liquid";
  AddFile plain;
  plain.path = "p=2/b";
  plain.partition_values = {{"q", "2"}};
  TestTable table;
  table.CommitFirst();
  auto rows = OtherRows(**Snapshot::Open(table.location()));
  rows.push_back(CheckpointRow(add));
  rows.push_back(CheckpointRow(plain));
  WriteCheckpointFile(table.store(), CheckpointPath("/table", 0), rows);
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  ASSERT_EQ(snapshot->files().size(), 2U);
  const AddFile read = *snapshot->files().file(0);
  EXPECT_EQ(read.path, add.path);
  EXPECT_EQ(read.partition_values, add.partition_values);
  EXPECT_EQ(read.size_bytes, 3);
  EXPECT_EQ(read.modification_time_ms, 4);
  EXPECT_EQ(read.stats, "{}");
  EXPECT_EQ(read.tags, add.tags);
  EXPECT_EQ(read.base_row_id, 5);
  EXPECT_EQ(read.default_row_commit_version, 6);
  EXPECT_EQ(read.clustering_provider, "liquid");
  EXPECT_EQ(snapshot->files().partition_value(1, "p"), std::nullopt);
  EXPECT_EQ(snapshot->files().partition_value(1, "q"), "2");
  EXPECT_EQ(snapshot->files().extras(1), nullptr);
}

TEST(CheckpointReader, WrongRowsNameTheFile) {
  const auto status_with = [](const std::string& row) {
    TestTable table;
    table.CommitFirst();
    auto rows = OtherRows(**Snapshot::Open(table.location()));
    rows.push_back(row);
    WriteCheckpointFile(table.store(), CheckpointPath("/table", 0), rows);
    return Snapshot::Open(table.location()).status();
  };
  for (const char* row :
       {R"({"add":{"size":1}})", R"({"add":{"path":"a"}})", R"({"add":{"path":"a","size":-1}})",
        R"({"add":{"path":"../a","size":1}})", R"({"add":{"path":"a%2","size":1}})",
        R"({"txn":{"version":1}})", R"({"checkpointMetadata":{"version":7}})",
        R"({"sidecar":{"path":"../../x"}})"}) {
    const Status status = status_with(row);
    ASSERT_FALSE(status.ok()) << row;
    EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable) << row << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr("00000000000000000000.checkpoint.parquet")) << row;
  }
}

}  // namespace
}  // namespace deltaport::delta
