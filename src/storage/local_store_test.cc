#include "storage/local_store.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "storage/directory_walk.h"
#include "storage/memory_store.h"
#include "storage/unsynced_put.h"
#include "storage/uuid.h"

namespace deltaport::storage {
namespace {

// Every store keeps the contract of ObjectStore; each test runs on both.
class AnyStore : public testing::TestWithParam<std::string> {
 protected:
  AnyStore() {
    if (GetParam() == "memory") {
      store_ = std::make_shared<MemoryStore>();
      root_ = "/in-memory-only";
      return;
    }
    store_ = LocalStore::Shared();
    root_ = (std::filesystem::temp_directory_path() / ("deltaport-test-" + RandomUuid())).string();
    directory_ = root_;
  }
  // Removes only what this test made on disk; the paths of the store in memory are none of it.
  ~AnyStore() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  std::string Path(const std::string& name) const { return root_ + "/" + name; }
  std::string Text(const std::string& name) const {
    const auto bytes = store_->Read(Path(name));
    return bytes.ok() ? (*bytes)->ToString() : bytes.status().ToString();
  }
  std::vector<std::string> Names(const std::vector<ObjectInfo>& files) const {
    std::vector<std::string> names;
    for (const auto& file : files) names.push_back(file.path.substr(root_.size() + 1));
    return names;
  }

  std::shared_ptr<ObjectStore> store_;
  std::string root_;
  std::filesystem::path directory_;  // Empty for the store in memory.
};

TEST_P(AnyStore, PutIfAbsentKeepsWhatIsThere) {
  ASSERT_TRUE(store_->PutIfAbsent(Path("a/b"), "first").ok());
  const Status second = store_->PutIfAbsent(Path("a/b"), "second");
  EXPECT_EQ(CodeOf(second), ErrorCode::kAlreadyExists) << second;
  EXPECT_NE(second.message().find(Path("a/b")), std::string::npos);
  EXPECT_EQ(Text("a/b"), "first");
  EXPECT_EQ(store_->ListRecursive(root_)->size(), 1U);
}

TEST_P(AnyStore, UnsyncedObjectsAppearWholeAndKeepWhatIsThereIfAsked) {
  ASSERT_TRUE(PutUnsynced(*store_, Path("a/b"), "first", IfExists::kFail).ok());
  const Status second = PutUnsynced(*store_, Path("a/b"), "second", IfExists::kFail);
  EXPECT_EQ(CodeOf(second), ErrorCode::kAlreadyExists) << second;
  EXPECT_EQ(Text("a/b"), "first");
  ASSERT_TRUE(PutUnsynced(*store_, Path("a/b"), "third", IfExists::kReplace).ok());
  EXPECT_EQ(Text("a/b"), "third");
  EXPECT_EQ(store_->ListRecursive(root_)->size(), 1U);
}

TEST_P(AnyStore, PutReplaces) {
  ASSERT_TRUE(store_->Put(Path("a"), "first").ok());
  ASSERT_TRUE(store_->Put(Path("a"), "second").ok());
  EXPECT_EQ(Text("a"), "second");
}

TEST_P(AnyStore, ExactlyOneOfManyConcurrentWritersWins) {
  constexpr int kRacers = 8;
  std::atomic<int> winners = 0;
  std::vector<std::thread> racers;
  for (int i = 0; i < kRacers; ++i) {
    racers.emplace_back([&, i] {
      if (store_->PutIfAbsent(Path("prize"), std::to_string(i)).ok()) ++winners;
    });
  }
  for (auto& racer : racers) racer.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(store_->ListRecursive(root_)->size(), 1U);
}

TEST_P(AnyStore, AWrittenObjectAppearsWhenItIsClosed) {
  auto stream = *store_->OpenWrite(Path("dir/file"));
  ASSERT_TRUE(stream->Write("hello", 5).ok());
  EXPECT_EQ(CodeOf(store_->Head(Path("dir/file")).status()), ErrorCode::kNotFound);
  ASSERT_TRUE(stream->Close().ok());
  EXPECT_EQ(Text("dir/file"), "hello");
  EXPECT_EQ(store_->Head(Path("dir/file"))->size_bytes, 5);
}

TEST_P(AnyStore, AStreamThatIsNotClosedLeavesNothing) {
  {
    auto stream = *store_->OpenWrite(Path("dir/file"));
    ASSERT_TRUE(stream->Write("hello", 5).ok());
  }
  EXPECT_TRUE(store_->ListRecursive(root_)->empty());
}

TEST_P(AnyStore, ListsNamesInOrderAfterAStart) {
  for (const char* name : {"d/b", "d/a", "d/c", "d/sub/x", "e"}) {
    ASSERT_TRUE(store_->Put(Path(name), "x").ok());
  }
  EXPECT_EQ(Names(*store_->List(Path("d"))), (std::vector<std::string>{"d/a", "d/b", "d/c"}));
  EXPECT_EQ(Names(*store_->List(Path("d"), "a")), (std::vector<std::string>{"d/b", "d/c"}));
  EXPECT_EQ(Names(*store_->ListRecursive(root_)),
            (std::vector<std::string>{"d/a", "d/b", "d/c", "d/sub/x", "e"}));
  EXPECT_TRUE(store_->List(Path("nowhere"))->empty());
}

TEST_P(AnyStore, AWalkVisitsWhatIsBelowButNotWhatItLeavesOut) {
  for (const char* name : {"d/b", "d/no/x", "d/no/deeper/x", "d/yes/x", "d/yes/deeper/x", "e"}) {
    ASSERT_TRUE(store_->Put(Path(name), "xy").ok());
  }
  std::vector<ObjectInfo> visited;
  WalkVisitor visitor;
  visitor.enter = [&](const std::string& directory) { return directory != Path("d/no"); };
  visitor.visit = [&](const ObjectInfo& object) {
    visited.push_back(object);
    return Status::OK();
  };
  ASSERT_TRUE(WalkDirectory(*store_, Path("d"), visitor).ok());
  std::vector<std::string> names = Names(visited);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"d/b", "d/yes/deeper/x", "d/yes/x"}));
  EXPECT_EQ(visited.front().size_bytes, 2);
  EXPECT_TRUE(WalkDirectory(*store_, Path("nowhere"), visitor).ok());
  visitor.visit = [](const ObjectInfo&) { return Error(ErrorCode::kCancelled, "enough"); };
  EXPECT_EQ(CodeOf(WalkDirectory(*store_, Path("d"), visitor)), ErrorCode::kCancelled);
}

TEST_P(AnyStore, RemovingTwiceIsFine) {
  ASSERT_TRUE(store_->Put(Path("a"), "x").ok());
  EXPECT_TRUE(store_->Remove(Path("a")).ok());
  EXPECT_TRUE(store_->Remove(Path("a")).ok());
  EXPECT_EQ(CodeOf(store_->Read(Path("a")).status()), ErrorCode::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Stores, AnyStore, testing::Values("local", "memory"),
                         [](const auto& param) { return param.param; });

TEST(LocalStore, AWalkDoesNotFollowLinks) {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("deltaport-test-" + RandomUuid());
  fs::create_directories(root / "inside");
  fs::create_directories(root / "outside");
  std::ofstream(root / "outside" / "file") << "x";
  fs::create_directory_symlink(root / "outside", root / "inside" / "directory");
  fs::create_symlink(root / "outside" / "file", root / "inside" / "link");
  size_t visited = 0;
  WalkVisitor visitor;
  visitor.enter = [](const std::string&) { return true; };
  visitor.visit = [&](const ObjectInfo&) {
    ++visited;
    return Status::OK();
  };
  EXPECT_TRUE(WalkDirectory(*LocalStore::Shared(), (root / "inside").string(), visitor).ok());
  EXPECT_EQ(visited, 0U);
  fs::remove_all(root);
}

TEST(LocalStore, ADirectoryIsNoObject) {
  const std::string directory = std::filesystem::temp_directory_path().string();
  EXPECT_EQ(CodeOf(LocalStore::Shared()->Open(directory).status()), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(LocalStore::Shared()->Head(directory).status()), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace deltaport::storage
