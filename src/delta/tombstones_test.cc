#include "delta/tombstones.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

std::vector<std::string> Paths(const TestTable& table, TableVersion version) {
  const auto tombstones = ReadTombstones(table.location(), version);
  EXPECT_TRUE(tombstones.ok()) << tombstones.status();
  std::vector<std::string> paths;
  for (const auto& remove : *tombstones) paths.push_back(remove.path);
  return paths;
}

TEST(Tombstones, AreTheNewestRemovesThatNoNewerAddRevokes) {
  TestTable table;
  table.CommitFirst();
  table.Commit(1, AddLine("a") + "\n" + AddLine("b") + "\n" + AddLine("c"));
  table.Commit(2, RemoveLine("a") + "\n" + RemoveLine("b"));
  table.Commit(3, AddLine("b") + "\n" + RemoveLine("c"));
  table.Commit(4, RemoveLine("d%20e"));
  EXPECT_THAT(Paths(table, 1), testing::ElementsAre());
  EXPECT_THAT(Paths(table, 2), testing::ElementsAre("b", "a"));
  EXPECT_THAT(Paths(table, 4), testing::ElementsAre("d%20e", "c", "a"));
}

TEST(Tombstones, OfAVersionThatDoesNotExistAreNotFound) {
  TestTable table;
  table.CommitFirst();
  EXPECT_EQ(CodeOf(ReadTombstones(table.location(), 7).status()), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace deltaport::delta
