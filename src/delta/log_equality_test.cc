// However a version is reached (from the commits alone, from a checkpoint of any form, by
// refreshing step by step), it is the same.

#include <iostream>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "delta/action_json.h"
#include "delta/checkpoint_test_support.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "delta/tombstones.h"

namespace deltaport::delta {
namespace {

// Everything a snapshot says, in an order of its own.
std::multiset<std::string> Describe(const Snapshot& snapshot) {
  std::multiset<std::string> lines = {ActionToJson(snapshot.protocol()),
                                      ActionToJson(snapshot.metadata())};
  for (size_t i = 0; i < snapshot.files().size(); ++i) {
    lines.insert(ActionToJson(*snapshot.files().file(i)));
  }
  for (const auto& [name, value] : snapshot.transactions()) lines.insert(ActionToJson(value));
  for (const auto& [name, value] : snapshot.domains()) lines.insert(ActionToJson(value));
  return lines;
}

// One of several spellings of few paths.
class RandomCommits {
 public:
  explicit RandomCommits(uint64_t seed) : random_(seed) {}

  int Pick(int count) { return static_cast<int>(random_() % static_cast<uint64_t>(count)); }

  std::string Next(TableVersion version) {
    std::string text = R"({"commitInfo":{"operation":"X"}})"
                       "\n";
    std::set<int> touched;
    for (int i = 0; i < 1 + Pick(8); ++i) {
      const int file = Pick(50);
      if (!touched.insert(file).second) continue;
      text += (Pick(3) == 0 ? RemoveLine(Spelling(file)) : Add(file, version)) + "\n";
    }
    if (Pick(4) == 0) {
      text += fmt::format(R"({{"txn":{{"appId":"app{}","version":{}}}}})", Pick(3), version) + "\n";
    }
    if (Pick(4) == 0) {
      text += fmt::format(
                  R"({{"domainMetadata":{{"domain":"d{}","configuration":"{}","removed":{}}}}})",
                  Pick(3), version, Pick(2) == 0) +
              "\n";
    }
    if (Pick(10) == 0) {
      text += MetadataLine("[" + FieldJson("id", "long") + "," + FieldJson("p", "string") + "]",
                           R"(["p"])", fmt::format(R"({{"set.at":"{}"}})", version)) +
              "\n";
    }
    return text;
  }

 private:
  std::string Spelling(int file) {
    if (file % 5 == 0) {
      return fmt::format("{}/f{}", Pick(2) == 0 ? "/x" : "/%78", file);
    }
    return Pick(2) == 0 ? fmt::format("f{}", file) : fmt::format("%66{}", file);
  }

  std::string Add(int file, TableVersion version) {
    return AddLine(
        Spelling(file),
        fmt::format(R"(,"stats":"{{\"numRecords\":{}}}","tags":{{"v":"{}"}})", file, version));
  }

  std::mt19937_64 random_;
};

TEST(LogEquality, CommitsCheckpointsAndRefreshesAgreeAtEveryVersion) {
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(fmt::format("seed {} round {}", seed, round));
    RandomCommits commits(seed + static_cast<uint64_t>(round));
    TestTable plain;
    TestTable checkpointed;
    plain.CommitFirst();
    checkpointed.CommitFirst();
    auto followed = *Snapshot::Open(checkpointed.location());
    for (TableVersion version = 1; version <= 25; ++version) {
      const std::string text = commits.Next(version);
      plain.Commit(version, text);
      checkpointed.Commit(version, text);
      const auto expected = Snapshot::Open(plain.location()).ValueOrDie();
      if (commits.Pick(4) == 0) {
        const int form = commits.Pick(kCheckpointForms);
        WriteCheckpoint(checkpointed, *expected, static_cast<CheckpointForm>(form));
        if (commits.Pick(3) == 0) {
          for (TableVersion old = 0; old < version - 1; ++old) {
            ASSERT_TRUE(checkpointed.store().Remove(CommitPath("/table", old)).ok());
          }
        }
      }
      const auto opened = Snapshot::Open(checkpointed.location());
      ASSERT_TRUE(opened.ok()) << opened.status();
      ASSERT_EQ(Describe(**opened), Describe(*expected)) << "opened at version " << version;
      const auto refreshed = followed->Refresh();
      ASSERT_TRUE(refreshed.ok()) << refreshed.status();
      followed = *refreshed;
      ASSERT_EQ(followed->version(), version);
      ASSERT_EQ(Describe(*followed), Describe(*expected)) << "refreshed to version " << version;
    }
    const auto last = Snapshot::Open(plain.location()).ValueOrDie();
    EXPECT_EQ(Describe(**Snapshot::Open(plain.location(), AtVersion{25})), Describe(*last));
  }
}

TEST(LogEquality, LargeCommitsReadInPartsGiveTheSame) {
  TestTable table;
  table.CommitFirst();
  std::string text;
  for (int i = 0; i < 40'000; ++i) {
    text += AddLine(fmt::format("a-path-that-is-as-long-as-paths-are/f{}", i)) + "\n";
  }
  ASSERT_GT(text.size(), size_t{4} << 20);
  table.Commit(1, text);
  table.Commit(2, RemoveLine("a-path-that-is-as-long-as-paths-are/f17"));
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  ASSERT_EQ(snapshot->files().size(), 39'999U);
  EXPECT_TRUE(snapshot->files().path(17).ends_with("/f18"));
  EXPECT_TRUE(snapshot->files().path(39'998).ends_with("/f39999"));
  table.Commit(1, text + "{broken\n");
  const Status status = Snapshot::Open(table.location()).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable);
  EXPECT_NE(status.message().find("00000000000000000001.json line 40001"), std::string::npos)
      << status;
}

TEST(LogEqualityConcurrency, ManyCommitsReadByATeamGiveTheSame) {
  TestTable table;
  table.CommitFirst();
  std::set<std::string> live;
  for (TableVersion version = 1; version <= 700; ++version) {
    const std::string path = fmt::format("f{}", version % 100);
    if (version % 3 == 0) {
      table.Commit(version, RemoveLine(path));
      live.erase(path);
    } else {
      table.Commit(version, AddLine(path));
      live.insert(path);
    }
  }
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  std::set<std::string> found;
  for (size_t i = 0; i < snapshot->files().size(); ++i) found.emplace(snapshot->files().path(i));
  EXPECT_EQ(found, live);
  EXPECT_EQ(snapshot->files().size(), live.size());
}

}  // namespace
}  // namespace deltaport::delta
