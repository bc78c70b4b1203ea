#include "delta/log_replay.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/action_json.h"
#include "delta/snapshot.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

std::vector<std::string> PathsInOrder(const LiveFiles& files) {
  std::vector<std::string> paths;
  for (size_t i = 0; i < files.size(); ++i) paths.emplace_back(files.path(i));
  return paths;
}

std::set<std::string> PathsOf(const Snapshot& snapshot) {
  const auto paths = PathsInOrder(snapshot.files());
  EXPECT_EQ(std::set(paths.begin(), paths.end()).size(), paths.size()) << "a file stands twice";
  return {paths.begin(), paths.end()};
}

// Random commits over few names; the naive model is a set.
class RandomLog {
 public:
  explicit RandomLog(uint64_t seed) : random_(seed) {}

  void WriteCommit(TestTable& table, TableVersion version) {
    std::string text;
    std::set<std::string> touched;
    for (int i = 0; i < 1 + Pick(6); ++i) {
      const std::string path = fmt::format("f{}", Pick(40));
      // A commit says at most one thing on a file.
      if (!touched.insert(path).second) continue;
      if (Pick(3) == 0) {
        text += RemoveLine(path) + "\n";
        live_.erase(path);
      } else {
        text += AddLine(path) + "\n";
        live_.insert(path);
      }
    }
    table.Commit(version, text);
    by_version_[version] = live_;
  }

  int Pick(int count) { return static_cast<int>(random_() % static_cast<uint64_t>(count)); }
  const std::set<std::string>& At(TableVersion version) { return by_version_[version]; }

 private:
  std::mt19937_64 random_;
  std::set<std::string> live_;
  std::map<TableVersion, std::set<std::string>> by_version_;
};

TEST(LogReplay, RandomLogsEqualANaiveReplay) {
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  RandomLog log(seed);
  for (int round = 0; round < 10; ++round) {
    TestTable table;
    RandomLog model(seed + static_cast<uint64_t>(round));
    table.CommitFirst();
    auto followed = *Snapshot::Open(table.location());
    constexpr TableVersion kLast = 40;
    for (TableVersion version = 1; version <= kLast; ++version) {
      model.WriteCommit(table, version);
      if (model.Pick(3) != 0) continue;
      followed = followed->Refresh().ValueOrDie();
      ASSERT_EQ(PathsOf(*followed), model.At(version)) << "seed " << seed << " round " << round;
    }
    for (TableVersion version = 1; version <= kLast; version += 7) {
      const auto opened = Snapshot::Open(table.location(), AtVersion{version}).ValueOrDie();
      ASSERT_EQ(PathsOf(*opened), model.At(version)) << "seed " << seed << " round " << round;
    }
  }
}

TEST(LogReplay, FilesAreOldestFirstInLogOrder) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a") + "\n" + AddLine("b"));
  table.Commit(2, AddLine("c") + "\n" + AddLine("d"));
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_THAT(PathsInOrder(snapshot->files()), testing::ElementsAre("a", "b", "c", "d"));
}

TEST(LogReplay, SpellingsOfOnePathAreOneFile) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("file:/abs/x") + "\n" + AddLine("%61"));
  table.Commit(2, RemoveLine("file:///abs/x") + "\n" + RemoveLine("a"));
  EXPECT_TRUE((*Snapshot::Open(table.location()))->files().empty());
  table.Commit(3, AddLine("file:/abs/x") + "\n" + AddLine("/abs/x"));
  EXPECT_EQ((*Snapshot::Open(table.location()))->files().size(), 1U);
  EXPECT_EQ((*Snapshot::Open(table.location()))->FilePath(0), "/abs/x");
}

TEST(LogReplay, ReaddingAFileReplacesItsStatistics) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a"));
  const auto before = *Snapshot::Open(table.location());
  EXPECT_EQ(before->RowCount(), std::nullopt);
  table.Commit(2, AddLine("a", R"(,"stats":"{\"numRecords\":5}")"));
  EXPECT_EQ((*before->Refresh())->RowCount(), 5);
  EXPECT_EQ((*Snapshot::Open(table.location()))->RowCount(), 5);
}

TEST(LogReplay, TheNewestWordOnDomainsAndApplicationsCounts) {
  LogReplay replay;
  const auto commit = [&](std::string_view text) {
    std::vector<Action> actions;
    ASSERT_TRUE(ParseCommit(text, "f", [&](Action&& action) {
                  actions.push_back(std::move(action));
                  return Status::OK();
                }).ok());
    ASSERT_TRUE(replay.AddCommit(std::move(actions)).ok());
  };
  commit(R"({"domainMetadata":{"domain":"gone","configuration":"","removed":true}})"
         "\n"
         R"({"txn":{"appId":"a","version":1}})");
  commit(R"({"domainMetadata":{"domain":"gone","configuration":"x","removed":false}})"
         "\n"
         R"({"domainMetadata":{"domain":"kept","configuration":"y","removed":false}})"
         "\n"
         R"({"txn":{"appId":"a","version":9}})");
  const auto state = replay.Finish(nullptr);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->domains.size(), 1U);
  EXPECT_EQ(state->domains.at("kept").configuration, "y");
  EXPECT_EQ(state->transactions.at("a").version, 1);
}

TEST(LogReplay, EveryActionGoesToJsonAndBack) {
  const std::string lines =
      AddLine("a b", R"(,"stats":"{\"numRecords\":1}","tags":{"k":"v"},"deletionVector":)"
                     R"({"storageType":"p","pathOrInlineDv":"x","sizeInBytes":2,"cardinality":3},)"
                     R"("baseRowId":4,"defaultRowCommitVersion":5)") +
      "\n" + RemoveLine("c") + "\n" + R"({"txn":{"appId":"\u0001\"","version":3}})" + "\n" +
      kProtocolLine + "\n" + MetadataLine("[" + FieldJson("id", "long") + "]") + "\n" +
      R"({"commitInfo":{"operation":"X","operationParameters":{"p":[1,"2"]}}})" + "\n";
  const auto rewrite = [](std::string_view text) {
    std::string out;
    EXPECT_TRUE(ParseCommit(text, "f", [&](Action&& action) {
                  out += ActionToJson(action) + "\n";
                  return Status::OK();
                }).ok());
    return out;
  };
  const std::string once = rewrite(lines);
  EXPECT_EQ(std::count(once.begin(), once.end(), '\n'), 6);
  EXPECT_EQ(rewrite(once), once);
  EXPECT_NE(once.find(R"("operationParameters":{"p":[1,"2"]})"), std::string::npos);
  EXPECT_NE(once.find(R"("baseRowId":4)"), std::string::npos);
}

}  // namespace
}  // namespace deltaport::delta
