#include "delta/checkpoint_writer.h"

#include <iostream>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "columnar/parquet_file.h"
#include "delta/action_json.h"
#include "delta/checkpoint_files.h"
#include "delta/checkpoint_rows.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/table_test_support.h"
#include "delta/tombstones.h"

namespace deltaport::delta {
namespace {

constexpr char kSchema[] =
    R"([{"name":"id","type":"long","nullable":true,"metadata":{}},)"
    R"({"name":"at","type":"timestamp","nullable":true,"metadata":{}},)"
    R"x({"name":"price","type":"decimal(10,2)","nullable":true,"metadata":{}},)x"
    R"({"name":"flag","type":"boolean","nullable":true,"metadata":{}},)"
    R"({"name":"inner","type":{"type":"struct","fields":[)"
    R"({"name":"text","type":"string","nullable":true,"metadata":{}}]},)"
    R"("nullable":true,"metadata":{}},)"
    R"({"name":"day","type":"date","nullable":true,"metadata":{}}])";

std::shared_ptr<const Snapshot> MustOpen(const storage::Location& location) {
  auto snapshot = Snapshot::Open(location);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? *snapshot : nullptr;
}

// Everything that a checkpoint must keep, as lines.
std::multiset<std::string> Describe(const Snapshot& snapshot) {
  std::multiset<std::string> lines = {ActionToJson(snapshot.protocol()),
                                      ActionToJson(snapshot.metadata())};
  for (const auto& [name, transaction] : snapshot.transactions()) {
    lines.insert(ActionToJson(transaction));
  }
  for (const auto& [name, domain] : snapshot.domains()) lines.insert(ActionToJson(domain));
  for (size_t i = 0; i < snapshot.files().size(); ++i) {
    lines.insert(ActionToJson(*snapshot.files().file(i)));
  }
  auto tombstones = ReadTombstones(snapshot.location(), snapshot.version());
  EXPECT_TRUE(tombstones.ok()) << tombstones.status();
  for (auto& remove : *tombstones) {
    remove.data_change = false;
    lines.insert(ActionToJson(remove));
  }
  return lines;
}

void MustRemoveCommits(TestTable& table, TableVersion last) {
  for (TableVersion version = 0; version <= last; ++version) {
    ASSERT_TRUE(table.store().Remove(CommitPath("/table", version)).ok());
  }
}

// Commits of random actions, over few files so that they meet.
class RandomLog {
 public:
  RandomLog(TestTable& table, uint64_t seed) : table_(table), random_(seed) {
    table_.Commit(0, std::string(kProtocolLine) + "\n" + MetadataLine(kSchema, R"(["day"])"));
  }

  void Commit() {
    std::string lines = R"({"commitInfo":{"operation":"TEST"}})";
    std::set<std::string> touched;
    for (int i = Pick(6); i >= 0; --i) {
      const std::string line = Line(touched);
      if (!line.empty()) lines += "\n" + line;
    }
    table_.Commit(++version_, lines);
  }

  TableVersion version() const { return version_; }
  int Pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

 private:
  std::string Line(std::set<std::string>& touched) {
    const std::string path = fmt::format("day=2024-01-0{}/part%20{}.parquet", Pick(3) + 1, Pick(9));
    switch (Pick(8)) {
      case 0:
        return fmt::format(R"({{"txn":{{"appId":"app{}","version":{},"lastUpdated":{}}}}})",
                           Pick(3), Pick(100), Pick(1000));
      case 1:
        return fmt::format(
            R"({{"domainMetadata":{{"domain":"d{}","configuration":"{{}}","removed":{}}}}})",
            Pick(3), Pick(3) == 0);
      case 2:
        return Pick(5) == 0
                   ? MetadataLine(kSchema, R"(["day"])", fmt::format(R"({{"a":"{}"}})", Pick(99)))
                   : std::string();
      case 3:
      case 4:
        if (!touched.insert(path).second) return {};
        return fmt::format(R"({{"remove":{{"path":"{}","deletionTimestamp":{},"dataChange":true,)"
                           R"("extendedFileMetadata":true,"partitionValues":{{"day":null}},)"
                           R"("size":{}}}}})",
                           path, Pick(1000) + 1, Pick(1000));
      default:
        return touched.insert(path).second ? Add(path) : std::string();
    }
  }

  std::string Add(const std::string& path) {
    std::string more;
    if (Pick(4) > 0) {
      more += fmt::format(
          R"(,"stats":"{{\"numRecords\":{},\"minValues\":{{\"id\":{},\"at\":)"
          R"(\"2024-02-29T01:02:03.456Z\",\"price\":1.50,\"inner\":{{\"text\":\"ä\"}}}},)"
          R"(\"nullCount\":{{\"id\":0,\"flag\":1,\"inner\":{{\"text\":2}}}}}}")",
          Pick(99), Pick(99));
    }
    if (Pick(3) == 0) more += R"(,"tags":{"a":"b"})";
    if (Pick(3) == 0) more += R"(,"baseRowId":5,"defaultRowCommitVersion":2)";
    if (Pick(3) == 0) more += R"(,"clusteringProvider":"x")";
    return fmt::format(R"({{"add":{{"path":"{}","partitionValues":{{"day":{}}},"size":{},)"
                       R"("modificationTime":{},"dataChange":true{}}}}})",
                       path, Pick(4) == 0 ? "null" : R"("2024-01-01")", Pick(1000), Pick(1000),
                       more);
  }

  TestTable& table_;
  std::mt19937_64 random_;
  TableVersion version_ = 0;
};

TEST(CheckpointWriter, ACheckpointSaysWhatReplaySaysForRandomLogs) {
  const uint64_t first_seed = std::random_device{}();
  std::cout << "seed " << first_seed << '\n';
  for (uint64_t seed = first_seed; seed < first_seed + 12; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    TestTable table;
    RandomLog log(table, seed);
    CheckpointOptions options;
    options.tombstones_after_ms = 0;
    for (int round = 0; round < 4; ++round) {
      for (int i = log.Pick(12); i >= 0; --i) log.Commit();
      const auto before = MustOpen(table.location());
      const auto expected = Describe(*before);
      options.statistics_struct = log.Pick(2) == 0;
      const auto outcome = WriteCheckpointFiles(*before, options);
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      EXPECT_EQ(outcome->actions, static_cast<int64_t>(expected.size()));
      MustRemoveCommits(table, log.version());
      const auto after = MustOpen(table.location());
      ASSERT_EQ(after->version(), before->version());
      ASSERT_EQ(Describe(*after), expected);
    }
  }
}

// A table of one commit with two files, of which the second replaced a third.
class CheckpointOf : public ::testing::Test {
 protected:
  CheckpointOf() {
    table_.Commit(0, std::string(kProtocolLine) + "\n" + MetadataLine(kSchema, R"(["day"])"));
    const std::string stats =
        R"(,"stats":"{\"numRecords\":3,\"minValues\":{\"id\":-4,\"at\":)"
        R"(\"2024-02-29T01:02:03.456Z\",\"price\":1.50,\"inner\":{\"text\":\"a\"}},)"
        R"(\"maxValues\":{\"id\":9},\"nullCount\":{\"id\":0,\"flag\":1}}")";
    table_.Commit(1, AddLine("a", stats) + "\n" + AddLine("b") + "\n" + Remove("old", 100) + "\n" +
                         Remove("new", 200) + "\n" + Transaction("idle", 100) + "\n" +
                         Transaction("busy", 200) + "\n" +
                         R"({"txn":{"appId":"timeless","version":1}})");
  }

  static std::string Remove(std::string_view path, int64_t time_ms) {
    return fmt::format(R"({{"remove":{{"path":"{}","deletionTimestamp":{},"dataChange":true}}}})",
                       path, time_ms);
  }
  static std::string Transaction(std::string_view application, int64_t time_ms) {
    return fmt::format(R"({{"txn":{{"appId":"{}","version":1,"lastUpdated":{}}}}})", application,
                       time_ms);
  }

  CheckpointOutcome MustWrite(const CheckpointOptions& options) {
    const auto outcome = WriteCheckpointFiles(*MustOpen(table_.location()), options);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ValueOr(CheckpointOutcome{});
  }

  // What stands in that file itself.
  std::vector<Action> Actions(const std::string& path) {
    CheckpointRows rows;
    const auto read = [&]() -> Status {
      ARROW_ASSIGN_OR_RAISE(const auto file, columnar::ParquetFile::Open(table_.store(), path));
      for (int group = 0; group < file->row_groups(); ++group) {
        ARROW_ASSIGN_OR_RAISE(const auto batch,
                              file->ReadRowGroup(group, [](std::string_view) { return true; }));
        ARROW_RETURN_NOT_OK(ReadCheckpointRows(*batch, rows));
        FileColumns columns;
        CheckpointPathBuilder paths;
        CheckpointDetailBuilder details;
        ARROW_RETURN_NOT_OK(paths.Append(*batch));
        ARROW_RETURN_NOT_OK(details.Append(*batch));
        ARROW_RETURN_NOT_OK(paths.Finish(columns));
        ARROW_RETURN_NOT_OK(details.Finish(columns));
        ARROW_ASSIGN_OR_RAISE(const auto block, FileBlock::Make(std::move(columns)));
        for (int64_t row = 0; row < block->rows(); ++row) {
          if (block->IsFile(row)) rows.actions.emplace_back(*block->file(row));
        }
      }
      return Status::OK();
    };
    const Status status = read();
    EXPECT_TRUE(status.ok()) << status;
    return std::move(rows.actions);
  }

  TestTable table_;
};

TEST_F(CheckpointOf, OldTombstonesAndIdleApplicationsAreLeftOut) {
  CheckpointOptions options;
  options.tombstones_after_ms = 100;
  options.transactions_after_ms = 100;
  MustWrite(options);
  std::set<std::string> removed;
  std::set<std::string> applications;
  for (const auto& action : Actions(CheckpointPath("/table", 1))) {
    if (const auto* remove = std::get_if<RemoveFile>(&action)) removed.insert(remove->path);
    if (const auto* transaction = std::get_if<SetTransaction>(&action)) {
      applications.insert(transaction->application_id);
    }
  }
  EXPECT_EQ(removed, (std::set<std::string>{"new"}));
  EXPECT_EQ(applications, (std::set<std::string>{"busy", "timeless"}));
}

TEST_F(CheckpointOf, StatisticsThatAreOnlyStructsStaySearchable) {
  CheckpointOptions options;
  options.statistics_json = false;
  options.statistics_struct = true;
  MustWrite(options);
  MustRemoveCommits(table_, 1);
  const auto snapshot = MustOpen(table_.location());
  EXPECT_EQ(*snapshot->files().stats(0),
            R"({"numRecords":3,"minValues":{"id":-4,"at":"2024-02-29T01:02:03.456000Z",)"
            R"("price":1.50,"inner":{"text":"a"}},"maxValues":{"id":9},)"
            R"("nullCount":{"id":0,"flag":1}})");
  EXPECT_EQ(*snapshot->files().stats(1), std::nullopt);
}

TEST_F(CheckpointOf, TheHintNamesTheCheckpointAndNeverGoesBack) {
  const auto outcome = MustWrite({});
  const auto hint = [&] {
    const auto bytes = table_.store().Read(LastCheckpointPath("/table"));
    return bytes.ok() ? (*bytes)->ToString() : bytes.status().ToString();
  };
  EXPECT_EQ(hint(), fmt::format(R"({{"version":1,"size":{},"sizeInBytes":{},"numOfAddFiles":2}})",
                                outcome.actions, outcome.size_bytes));
  EXPECT_EQ(outcome.actions, 9);
  const auto old = MustOpen(table_.location());
  table_.Commit(2, AddLine("c"));
  ASSERT_TRUE(table_.store().Put(LastCheckpointPath("/table"), R"({"version":2})").ok());
  ASSERT_TRUE(WriteCheckpointFiles(*old, {}).ok());
  EXPECT_EQ(hint(), R"({"version":2})");
  // A version that does not exist is no reason to keep a hint.
  ASSERT_TRUE(table_.store().Put(LastCheckpointPath("/table"), R"({"version":7})").ok());
  ASSERT_TRUE(WriteCheckpointFiles(*old, {}).ok());
  EXPECT_NE(hint(), R"({"version":7})");
}

TEST_F(CheckpointOf, V2KeepsFilesInSidecarsAndTheRestInTheMainFile) {
  CheckpointOptions options;
  options.v2 = true;
  const auto outcome = MustWrite(options);
  EXPECT_EQ(outcome.sidecars, 1);
  const auto sidecars = table_.store().List(SidecarDirectory("/table"));
  ASSERT_TRUE(sidecars.ok() && sidecars->size() == 1U);
  std::set<std::string> paths;
  for (const auto& action : Actions(sidecars->front().path)) {
    if (const auto* add = std::get_if<AddFile>(&action)) paths.insert(add->path);
    if (const auto* remove = std::get_if<RemoveFile>(&action)) paths.insert(remove->path);
  }
  EXPECT_EQ(paths, (std::set<std::string>{"a", "b", "old", "new"}));
  std::string main_path;
  for (const auto& file : *table_.store().List(LogDirectory("/table"))) {
    if (file.path.ends_with(".parquet")) main_path = file.path;
  }
  EXPECT_EQ(main_path.find(VersionPrefix(1) + ".checkpoint."), LogDirectory("/table").size() + 1);
  for (const auto& action : Actions(main_path)) {
    EXPECT_FALSE(std::holds_alternative<AddFile>(action));
    EXPECT_FALSE(std::holds_alternative<RemoveFile>(action));
  }
  const auto file = columnar::ParquetFile::Open(table_.store(), main_path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->rows(), 7);  // protocol, metaData, 3 txn, checkpointMetadata, sidecar
  EXPECT_TRUE((*file)->HasLeaf("sidecar.sizeInBytes"));
  EXPECT_FALSE((*file)->HasLeaf("add.path"));
}

}  // namespace
}  // namespace deltaport::delta
