#include "lake/write/overwrite.h"

#include <functional>

#include <arrow/builder.h>
#include <gtest/gtest.h>

#include "delta/conflict.h"
#include "delta/live_files.h"
#include "delta/table_write.h"
#include "lake/upkeep/upkeep_test_support.h"
#include "lake/write/delete.h"
#include "lake/write/partition_values.h"

namespace deltaport::lake {
namespace {

const CancelToken kNoCancel;

// Rows of an UpkeepTable; `meanwhile` runs when they are read.
class LateRows final : public arrow::RecordBatchReader {
 public:
  explicit LateRows(const std::vector<int64_t>& ids, std::function<void()> meanwhile = {})
      : meanwhile_(std::move(meanwhile)) {
    arrow::Int64Builder numbers;
    arrow::StringBuilder words, parts;
    for (const int64_t id : ids) {
      EXPECT_TRUE(numbers.Append(id).ok());
      EXPECT_TRUE(words.Append(fmt::format("new{}", id)).ok());
      EXPECT_TRUE(parts.Append(fmt::format("p{}", id % 3)).ok());
    }
    batch_ = arrow::RecordBatch::Make(
        arrow::schema({arrow::field("id", arrow::int64()), arrow::field("word", arrow::utf8()),
                       arrow::field("part", arrow::utf8())}),
        static_cast<int64_t>(ids.size()), {*numbers.Finish(), *words.Finish(), *parts.Finish()});
    schema_ = batch_->schema();
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (meanwhile_) std::exchange(meanwhile_, {})();
    *batch = std::exchange(batch_, nullptr);
    return Status::OK();
  }

 private:
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::shared_ptr<arrow::Schema> schema_;
  std::function<void()> meanwhile_;
};

Result<RowStatementOutcome> Replace(UpkeepTable& table, std::shared_ptr<LateRows> rows,
                                    const OverwriteRequest& request) {
  return Overwrite(table.engine(), table.location(), std::move(rows), request, kNoCancel);
}

OverwriteRequest Partitions() {
  OverwriteRequest request;
  request.scope = OverwriteScope::kPartitions;
  return request;
}

OverwriteRequest Matching(std::string where) {
  OverwriteRequest request;
  request.scope = OverwriteScope::kMatching;
  request.where = std::move(where);
  return request;
}

TEST(Overwrite, PartitionsOfOtherRowsStay) {
  UpkeepTable table({}, {"part"});
  table.Append({0, 1, 2});
  table.Append({3, 4});
  const auto outcome =
      Replace(table, std::make_shared<LateRows>(std::vector<int64_t>{6}), Partitions());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->counts.deleted_rows, 2);
  EXPECT_EQ(outcome->counts.removed_files, 2);
  EXPECT_EQ(outcome->counts.inserted_rows, 1);
  EXPECT_EQ(table.Rows().size(), 4U);
}

TEST(Overwrite, AFileThatComesMeanwhileIntoAnOverwrittenPartitionIsAConflict) {
  const std::map<std::string, std::string> properties{{"delta.isolationLevel", "Serializable"}};
  for (const auto& request : {Partitions(), Matching("part = 'p0'")}) {
    UpkeepTable table(properties, {"part"});
    table.Append({0, 1, 2});
    const auto elsewhere = Replace(
        table, std::make_shared<LateRows>(std::vector<int64_t>{3}, [&] { table.Append({1, 4}); }),
        request);
    ASSERT_TRUE(elsewhere.ok()) << elsewhere.status();
    const auto files = table.LiveFiles();
    const auto there = Replace(
        table, std::make_shared<LateRows>(std::vector<int64_t>{6}, [&] { table.Append({9}); }),
        request);
    ASSERT_FALSE(there.ok());
    const auto* conflict = delta::ConflictOf(there.status());
    ASSERT_NE(conflict, nullptr) << there.status();
    EXPECT_EQ(conflict->kind(), delta::ConflictKind::kConcurrentAppend);
    EXPECT_EQ(table.LiveFiles().size(), files.size() + 1);
    EXPECT_EQ(table.LiveFiles().size() + 1, table.Files().size()) << "nothing is left";
  }
}

TEST(Overwrite, ARowThatGoesMeanwhileIsAConflict) {
  for (const auto& request : {OverwriteRequest{}, Partitions(), Matching("id < 2")}) {
    UpkeepTable table({}, {"part"});
    table.Append({0, 1, 2});
    const auto outcome = Replace(
        table,
        std::make_shared<LateRows>(
            std::vector<int64_t>{0},
            [&] {
              DeleteRequest deletion;
              deletion.where = "id = 0";
              ASSERT_TRUE(Delete(table.engine(), table.location(), deletion, kNoCancel).ok());
            }),
        request);
    ASSERT_FALSE(outcome.ok());
    EXPECT_NE(delta::ConflictOf(outcome.status()), nullptr) << outcome.status();
  }
}

TEST(Overwrite, MatchingRowsGoOutOfFilesWhereOthersStay) {
  for (const char* vectors : {"true", "false"}) {
    UpkeepTable table({{"delta.enableDeletionVectors", vectors}}, {});
    table.Append({0, 1, 2, 3});
    table.Append({4, 5});
    const auto outcome =
        Replace(table, std::make_shared<LateRows>(std::vector<int64_t>{7, 8}), Matching("id >= 3"));
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->counts.deleted_rows, 3);
    EXPECT_EQ(outcome->counts.inserted_rows, 2);
    EXPECT_EQ(table.Rows().size(), 5U);
  }
}

TEST(Overwrite, NoNewRowsOnlyDelete) {
  UpkeepTable table({}, {"part"});
  table.Append({0, 1, 2});
  const auto outcome =
      Replace(table, std::make_shared<LateRows>(std::vector<int64_t>{}), Matching("part = 'p1'"));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->counts.deleted_rows, 1);
  EXPECT_EQ(table.Rows().size(), 2U);
  const auto none =
      Replace(table, std::make_shared<LateRows>(std::vector<int64_t>{}), Partitions());
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->version, std::nullopt);
}

TEST(PartitionValues, SpellingsOfOneValueAreOnePartition) {
  TemporaryFolder folder;
  const auto location = storage::ParseLocation((folder.path() / "table").string()).ValueOrDie();
  const auto schema =
      arrow::schema({arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                     arrow::field("share", arrow::float64()), arrow::field("id", arrow::int64())});
  ASSERT_TRUE(delta::CreateTable(location, *schema, {{"at", "share"}, {}, {}, {}, {}}).ok());
  const auto snapshot = delta::Snapshot::Open(location).ValueOrDie();
  delta::AddFile file;
  file.partition_values = {{"at", "2024-01-02 03:04:05"}, {"share", "1.0"}};
  const auto values = PartitionValues::Of(*snapshot, {&file, 1}).ValueOrDie();
  file.partition_values = {{"at", "2024-01-02T03:04:05.000000Z"}, {"share", "1"}};
  EXPECT_TRUE(values.Accepts(*snapshot, file).ValueOrDie());
  file.partition_values["share"] = std::nullopt;
  EXPECT_FALSE(values.Accepts(*snapshot, file).ValueOrDie());
  file.partition_values["share"] = "x";
  EXPECT_FALSE(values.Accepts(*snapshot, file).ok());
}

}  // namespace
}  // namespace deltaport::lake
