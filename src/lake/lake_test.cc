#include "lake/lake.h"

#include <atomic>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/lake_test_support.h"

namespace deltaport::lake {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class LakeTest : public testing::Test {
 protected:
  static DatasetSettings Settings(std::string name, const std::filesystem::path& location,
                                  DatasetKind kind) {
    DatasetSettings settings;
    settings.name = std::move(name);
    settings.location = location.string();
    settings.kind = kind;
    return settings;
  }

  // Opens the lake and waits until every dataset was tried.
  std::unique_ptr<Lake> OpenLake(std::vector<DatasetSettings> datasets,
                                 std::chrono::milliseconds follow_interval = 0ms) {
    LakeOptions options;
    options.datasets = std::move(datasets);
    options.engine.threads = 2;
    options.engine.memory_limit_bytes = 512 << 20;
    options.follow_interval = follow_interval;
    auto lake = Lake::Open(std::move(options));
    EXPECT_TRUE(lake.ok()) << lake.status();
    EXPECT_TRUE((*lake)->WaitUntilBuilt(CancelToken()).ok());
    return std::move(lake).ValueOrDie();
  }

  static int64_t CountOf(Lake& lake, std::string_view name) {
    const auto dataset = lake.Published(name);
    if (!dataset.ok()) return -1;
    return lake.Count(**dataset, {}, CancelToken()).ValueOr(-1);
  }

  static int64_t SqlNumber(Lake& lake, std::string_view sql) {
    auto reader = lake.Sql(sql, CancelToken());
    EXPECT_TRUE(reader.ok()) << reader.status();
    if (!reader.ok()) return -1;
    const auto table = (*reader)->ToTable().ValueOrDie();
    return std::static_pointer_cast<arrow::Int64Scalar>(table->column(0)->GetScalar(0).ValueOrDie())
        ->value;
  }

  // Waits for something that another thread brings about; fails the test after 20 s.
  template <typename Condition>
  static void Await(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
      std::this_thread::sleep_for(5ms);
    }
  }

  TemporaryFolder folder_;
};

TEST_F(LakeTest, DatasetsAreOpenedAndCounted) {
  CommitDelta(folder_.path() / "events", 0, {1, 2, 3});
  WriteParquet(folder_.path() / "files" / "a.parquet", {1, 2});
  const auto lake =
      OpenLake({Settings("events", folder_.path() / "events", DatasetKind::kDelta),
                Settings("files", folder_.path() / "files" / "*.parquet", DatasetKind::kParquet)});
  EXPECT_EQ(CountOf(*lake, "events"), 3);
  EXPECT_EQ(CountOf(*lake, "files"), 2);
  const auto events = *lake->Published("events");
  EXPECT_EQ(events->state, DatasetState::kPublished);
  EXPECT_EQ(events->refresh_source, RefreshSource::kStartup);
  EXPECT_EQ(events->generation->row_count, 3);
}

TEST_F(LakeTest, UnknownDatasetIsNotFoundWithThePeersText) {
  const auto lake = OpenLake({});
  const auto dataset = lake->Published("nope");
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(CodeOf(dataset.status()), ErrorCode::kNotFound);
  EXPECT_EQ(dataset.status().message(), "not found: dataset: nope");
  EXPECT_EQ(lake->Reload("nope", RefreshSource::kManual).status().message(),
            "not found: dataset: nope");
}

TEST_F(LakeTest, DamagedDatasetFailsAloneAndSaysWhy) {
  CommitDelta(folder_.path() / "good", 0, {1});
  const auto lake =
      OpenLake({Settings("good", folder_.path() / "good", DatasetKind::kDelta),
                Settings("bad", folder_.path() / "bad" / "*.parquet", DatasetKind::kParquet)});
  EXPECT_EQ(CountOf(*lake, "good"), 1);
  const auto bad = lake->Current()->Find("bad");
  EXPECT_EQ(bad->state, DatasetState::kFailed);
  EXPECT_FALSE(bad->last_error.empty());
  EXPECT_EQ(bad->consecutive_failures, 1);
  const auto published = lake->Published("bad");
  EXPECT_EQ(CodeOf(published.status()), ErrorCode::kUnavailable);
  EXPECT_EQ(published.status().message(), "dataset 'bad' is not ready (state: failed)");
}

TEST_F(LakeTest, FailedDatasetIsTriedAgainUntilItWorks) {
  const auto lake = OpenLake(
      {Settings("late", folder_.path() / "late" / "*.parquet", DatasetKind::kParquet)}, 5ms);
  EXPECT_EQ(lake->Current()->Find("late")->state, DatasetState::kFailed);
  WriteParquet(folder_.path() / "late" / "a.parquet", {1, 2});
  Await([&] { return lake->Current()->Find("late")->state == DatasetState::kPublished; });
  EXPECT_EQ(CountOf(*lake, "late"), 2);
  EXPECT_TRUE(lake->Current()->Find("late")->last_error.empty());
}

TEST_F(LakeTest, NewCommitsAndFilesBecomeVisible) {
  CommitDelta(folder_.path() / "events", 0, {1});
  WriteParquet(folder_.path() / "files" / "a.parquet", {1});
  const auto lake = OpenLake({Settings("events", folder_.path() / "events", DatasetKind::kDelta),
                              Settings("files", folder_.path() / "files", DatasetKind::kParquet)},
                             5ms);
  const auto before = *lake->Published("events");
  CommitDelta(folder_.path() / "events", 1, {2, 3});
  WriteParquet(folder_.path() / "files" / "b.parquet", {2});
  Await([&] { return CountOf(*lake, "events") == 3; });
  Await([&] { return CountOf(*lake, "files") == 2; });
  EXPECT_EQ((*lake->Published("events"))->refresh_source, RefreshSource::kSchedule);
  // Who took the dataset before goes on seeing what it was.
  EXPECT_EQ(*lake->Count(*before, {}, CancelToken()), 1);
}

TEST_F(LakeTest, FailedReloadKeepsTheOldGeneration) {
  CommitDelta(folder_.path() / "events", 0, {1, 2});
  const auto lake = OpenLake({Settings("events", folder_.path() / "events", DatasetKind::kDelta)});
  std::filesystem::rename(folder_.path() / "events" / "_delta_log", folder_.path() / "log");
  EXPECT_FALSE(lake->Reload("events", RefreshSource::kManual).ok());
  const auto failed = *lake->Published("events");
  EXPECT_EQ(failed->state, DatasetState::kPublished);
  EXPECT_EQ(failed->consecutive_failures, 1);
  EXPECT_FALSE(failed->last_error.empty());
  EXPECT_EQ(CountOf(*lake, "events"), 2);
  std::filesystem::rename(folder_.path() / "log", folder_.path() / "events" / "_delta_log");
  const auto reloaded = lake->Reload("events", RefreshSource::kManual);
  ASSERT_TRUE(reloaded.ok()) << reloaded.status();
  EXPECT_EQ((*reloaded)->refresh_source, RefreshSource::kManual);
  EXPECT_TRUE((*reloaded)->last_error.empty());
}

TEST_F(LakeTest, SqlReadsDatasetsByNameAndOldVersions) {
  CommitDelta(folder_.path() / "events", 0, {1, 2});
  CommitDelta(folder_.path() / "events", 1, {3});
  const auto lake = OpenLake({Settings("events", folder_.path() / "events", DatasetKind::kDelta)});
  EXPECT_EQ(SqlNumber(*lake, "select count(*) from events"), 3);
  EXPECT_EQ(SqlNumber(*lake, "select count(*) from EVENTS"), 3);
  EXPECT_EQ(SqlNumber(*lake, "select count(*) from events at (version => 0)"), 2);
  EXPECT_EQ(SqlNumber(*lake, "select count(*) from events at (version => 0)"), 2);
}

TEST_F(LakeTest, HiddenColumnsDoNotExistForQueries) {
  CommitDelta(folder_.path() / "events", 0, {1});
  auto settings = Settings("events", folder_.path() / "events", DatasetKind::kDelta);
  settings.hidden_columns = {"name"};
  const auto lake = OpenLake({settings});
  const auto dataset = *lake->Published("events");
  EXPECT_EQ(dataset->generation->table->schema()->field_names(), std::vector<std::string>{"id"});
  engine::StructuredQuery query;
  query.columns = {"name"};
  EXPECT_EQ(CodeOf(lake->Query(*dataset, query, CancelToken()).status()),
            ErrorCode::kInvalidArgument);
  const auto all = lake->Sql("select * from events", CancelToken());
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ((*all)->schema()->field_names(), std::vector<std::string>{"id"});
  EXPECT_FALSE(lake->Sql("select name from events", CancelToken()).ok());
}

TEST_F(LakeTest, ColumnsShowTheirOrder) {
  WriteParquet(folder_.path() / "files" / "a.parquet", {7});
  auto settings = Settings("files", folder_.path() / "files", DatasetKind::kParquet);
  settings.columns = {"name", "id"};
  const auto lake = OpenLake({settings});
  const auto dataset = *lake->Published("files");
  const auto reader = lake->Query(*dataset, {}, CancelToken());
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto table = (*reader)->ToTable().ValueOrDie();
  EXPECT_EQ(table->schema()->field_names(), (std::vector<std::string>{"name", "id"}));
  EXPECT_EQ(table->column(0)->GetScalar(0).ValueOrDie()->ToString(), "name 7");
}

TEST_F(LakeTest, SettingsThatNameAMissingColumnFailTheDataset) {
  CommitDelta(folder_.path() / "events", 0, {1});
  auto settings = Settings("events", folder_.path() / "events", DatasetKind::kDelta);
  settings.columns = {"nope"};
  const auto lake = OpenLake({settings});
  EXPECT_THAT(lake->Current()->Find("events")->last_error, HasSubstr("the column 'nope'"));
}

TEST_F(LakeTest, PredicatesOnRestrictedColumnsAreForbidden) {
  CommitDelta(folder_.path() / "events", 0, {1});
  auto settings = Settings("events", folder_.path() / "events", DatasetKind::kDelta);
  settings.predicate_exclude = {"name"};
  const auto lake = OpenLake({settings});
  const auto dataset = *lake->Published("events");
  engine::StructuredQuery query;
  query.predicates = {{"NAME", engine::PredicateOperator::kEq, {std::string("name 1")}}};
  const auto answer = lake->Query(*dataset, query, CancelToken());
  EXPECT_EQ(CodeOf(answer.status()), ErrorCode::kPermissionDenied);
  EXPECT_EQ(answer.status().message(),
            "column 'name' may not be used in predicates on dataset 'events'");
  EXPECT_EQ(CodeOf(lake->Count(*dataset, query.predicates, CancelToken()).status()),
            ErrorCode::kPermissionDenied);
  query.predicates.clear();
  query.group_by = {"name"};
  query.having = {{"name", engine::PredicateOperator::kEq, {std::string("name 1")}}};
  EXPECT_EQ(CodeOf(lake->Query(*dataset, query, CancelToken()).status()),
            ErrorCode::kPermissionDenied);
}

TEST_F(LakeTest, SettingsThatCannotWorkAreRefused) {
  LakeOptions options;
  options.datasets = {Settings("a", "x", DatasetKind::kDelta),
                      Settings("a", "y", DatasetKind::kDelta)};
  EXPECT_EQ(CodeOf(Lake::Open(options).status()), ErrorCode::kInvalidArgument);
}

TEST_F(LakeTest, CancelledWaitEnds) {
  CancelToken token;
  token.Cancel(Error(ErrorCode::kCancelled, "enough"));
  const auto lake = OpenLake({});
  EXPECT_TRUE(lake->WaitUntilBuilt(token).ok());  // Nothing to wait for.
}

// Readers run while commits arrive: each sees one version, never less than before.
TEST_F(LakeTest, ConcurrentReadersSeeWholeVersionsWhileCommitsArrive) {
  constexpr int64_t kCommits = 20;
  constexpr int64_t kRowsPerCommit = 3;
  CommitDelta(folder_.path() / "events", 0, {0, 0, 0});
  const auto lake =
      OpenLake({Settings("events", folder_.path() / "events", DatasetKind::kDelta)}, 2ms);
  std::atomic<bool> stop = false;
  std::atomic<int64_t> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] {
      int64_t last = 0;
      while (!stop) {
        const int64_t rows =
            i == 0 ? SqlNumber(*lake, "select count(*) from events") : CountOf(*lake, "events");
        if (rows < last || rows % kRowsPerCommit != 0) ++wrong;
        last = rows;
      }
    });
  }
  for (int64_t version = 1; version <= kCommits; ++version) {
    CommitDelta(folder_.path() / "events", version, {version, version, version});
    if (version % 5 == 0) EXPECT_TRUE(lake->Reload("events", RefreshSource::kManual).ok());
    // Every other commit is waited for, so that readers meet many versions.
    if (version % 2 == 0) Await([&] { return CountOf(*lake, "events") == (version + 1) * 3; });
  }
  Await([&] { return CountOf(*lake, "events") == (kCommits + 1) * kRowsPerCommit; });
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Discovery, TablesAndParquetFoldersAreFoundByTheirFolders) {
  TemporaryFolder folder;
  CommitDelta(folder.path() / "flights", 0, {1});
  WriteParquet(folder.path() / "weather" / "a.parquet", {1});
  WriteParquet(folder.path() / "deep" / "er" / "b.parquet", {1});
  WriteParquet(folder.path() / "by month" / "month=1" / "c.parquet", {1});
  WriteParquet(folder.path() / ".hidden" / "d.parquet", {1});
  std::filesystem::create_directories(folder.path() / "empty");
  const auto found = Lake::Discover({folder.path().string()});
  ASSERT_TRUE(found.ok()) << found.status();
  std::vector<std::string> names;
  for (const DatasetSettings& dataset : *found) names.push_back(dataset.name);
  EXPECT_EQ(names, (std::vector<std::string>{"by_month", "er", "flights", "weather"}));
  EXPECT_EQ((*found)[2].kind, DatasetKind::kDelta);
  EXPECT_THAT((*found)[0].location, HasSubstr("**/*.parquet"));
}

TEST(Discovery, FolderThatIsATableIsOneDataset) {
  TemporaryFolder folder;
  CommitDelta(folder.path() / "flights", 0, {1});
  const auto found = Lake::Discover({(folder.path() / "flights").string()});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].name, "flights");
}

TEST(Discovery, MissingFolderAndTakenNamesAreErrors) {
  TemporaryFolder folder;
  EXPECT_EQ(CodeOf(Lake::Discover({(folder.path() / "nope").string()}).status()),
            ErrorCode::kNotFound);
  CommitDelta(folder.path() / "a" / "t", 0, {1});
  CommitDelta(folder.path() / "b" / "t", 0, {1});
  const auto found = Lake::Discover({folder.path().string()});
  EXPECT_EQ(CodeOf(found.status()), ErrorCode::kAlreadyExists);
  EXPECT_THAT(found.status().message(), HasSubstr("'t'"));
}

}  // namespace
}  // namespace deltaport::lake
