#include "delta/table_write.h"

#include <filesystem>
#include <thread>

#include <arrow/builder.h>
#include <arrow/compute/cast.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columnar/parquet_file.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/table_test_support.h"
#include "storage/local_store.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

const CancelToken kNoCancel;

std::shared_ptr<arrow::Schema> TwoColumns() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8())});
}

std::shared_ptr<arrow::Array> Integers(const std::vector<std::optional<int64_t>>& values) {
  arrow::Int64Builder builder;
  for (const auto& value : values) EXPECT_TRUE(builder.AppendOrNull(value).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Texts(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatchReader> Rows(const std::shared_ptr<arrow::Schema>& schema,
                                               const arrow::ArrayVector& columns) {
  auto batch = arrow::RecordBatch::Make(schema, columns.front()->length(), columns);
  return arrow::RecordBatchReader::Make({batch}, schema).ValueOrDie();
}

std::shared_ptr<arrow::RecordBatchReader> SomeRows() {
  return Rows(TwoColumns(), {Integers({1, 2, std::nullopt}), Texts({"a", "b", "c"})});
}

NewTable PartitionedBy(std::vector<std::string> columns) {
  NewTable table;
  table.partition_columns = std::move(columns);
  return table;
}

NewTable WithProperty(const std::string& name, std::string value) {
  NewTable table;
  table.configuration[name] = std::move(value);
  return table;
}

void ExpectError(const Status& status, ErrorCode code, std::string_view text) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), code) << status;
  EXPECT_NE(status.message().find(text), std::string::npos) << status;
}

size_t ObjectCount(TestTable& table) { return table.store().ListRecursive("/table")->size(); }

TEST(TableWrite, AppendedRowsAreInTheNextVersion) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  const auto outcome = Append(table.location(), *SomeRows(), {}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->version, 1);
  EXPECT_EQ(outcome->rows, 3);
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_EQ(snapshot->RowCount(), 3);
  const auto statistics = *snapshot->Statistics(0);
  EXPECT_EQ(statistics->min_values->GetScalar(0).ValueOrDie()->ToString(), "1");
  EXPECT_EQ(statistics->max_values->GetScalar(0).ValueOrDie()->ToString(), "2");
  EXPECT_EQ(statistics->null_counts->Value(0), 1);
}

TEST(TableWrite, ATableCreatedWithRowsHasThemInItsFirstVersion) {
  TestTable table;
  const auto outcome =
      CreateTableWithRows(table.location(), *SomeRows(), PartitionedBy({"name"}), {}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->version, 0);
  EXPECT_EQ(outcome->rows, 3);
  EXPECT_EQ(outcome->files, 3);
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_EQ(snapshot->version(), 0);
  EXPECT_EQ(snapshot->RowCount(), 3);
  EXPECT_TRUE(snapshot->schema()->Equals(*TwoColumns())) << snapshot->schema()->ToString();
  EXPECT_EQ(snapshot->partition_columns(), std::vector<std::string>{"name"});
}

TEST(TableWrite, CreatingWithRowsWhereATableIsLeavesItAlone) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  const size_t before = ObjectCount(table);
  ExpectError(CreateTableWithRows(table.location(), *SomeRows(), {}, {}, kNoCancel).status(),
              ErrorCode::kAlreadyExists, "/table");
  EXPECT_EQ(ObjectCount(table), before);
}

TEST(TableWrite, CreatingTwiceFailsAndKeepsTheFirst) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  ExpectError(CreateTable(table.location(), *TwoColumns(), {}).status(), ErrorCode::kAlreadyExists,
              "/table");
}

TEST(TableWrite, OverwriteRemovesEveryFileAndSaysWhatItRemoved) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  ASSERT_TRUE(Append(table.location(), *SomeRows(), {}, kNoCancel).ok());
  ASSERT_TRUE(Append(table.location(), *SomeRows(), {}, kNoCancel).ok());
  const auto outcome = Overwrite(table.location(), *SomeRows(), {}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_files, 2);
  EXPECT_EQ((*Snapshot::Open(table.location()))->RowCount(), 3);
  const auto commit = (*table.store().Read(CommitPath("/table", 3)))->ToString();
  EXPECT_NE(commit.find(R"("extendedFileMetadata":true)"), std::string::npos);
}

TEST(TableWrite, RowsThatDoNotFitNameEveryDifference) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  const auto other =
      arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("extra", arrow::int64())});
  const auto status =
      Append(table.location(), *Rows(other, {Texts({"1"}), Integers({1})}), {}, kNoCancel).status();
  ExpectError(status, ErrorCode::kInvalidArgument, "missing column 'name' (string)");
  ExpectError(status, ErrorCode::kInvalidArgument, "added column 'extra' (long)");
  ExpectError(status, ErrorCode::kInvalidArgument,
              "changed column 'id' (string, the table has long)");
}

TEST(TableWrite, ANullInANotNullColumnLeavesNothingBehind) {
  TestTable table;
  const auto strict = arrow::schema(
      {arrow::field("id", arrow::int64(), false), arrow::field("name", arrow::utf8())});
  ASSERT_TRUE(CreateTable(table.location(), *strict, {}).ok());
  const size_t before = ObjectCount(table);
  ExpectError(Append(table.location(), *SomeRows(), {}, kNoCancel).status(),
              ErrorCode::kInvalidArgument, "column 'id' is NOT NULL");
  EXPECT_EQ(ObjectCount(table), before);
}

TEST(TableWrite, AnAppendOnAKnownVersionSeesWhatCameAfterIt) {
  TestTable table;
  const auto created = CreateTable(table.location(), *TwoColumns(), {}).ValueOrDie();
  ASSERT_NE(created.snapshot, nullptr);
  EXPECT_EQ(created.snapshot->version(), 0);
  WriteOptions options;
  options.known = created.snapshot;
  const auto first = Append(table.location(), *SomeRows(), options, kNoCancel).ValueOrDie();
  const auto second = Append(table.location(), *SomeRows(), options, kNoCancel).ValueOrDie();
  EXPECT_EQ(second.version, 2);
  ASSERT_NE(second.snapshot, nullptr);
  EXPECT_EQ(second.snapshot->version(), 2);
  EXPECT_EQ(second.snapshot->files().size(), static_cast<size_t>(first.files + second.files));
  const auto reopened = Snapshot::Open(table.location()).ValueOrDie();
  EXPECT_EQ(reopened->files().size(), second.snapshot->files().size());
  EXPECT_EQ(reopened->timestamp_ms(), second.snapshot->timestamp_ms());
}

// Gives one batch, then fails.
class FailingReader final : public arrow::RecordBatchReader {
 public:
  std::shared_ptr<arrow::Schema> schema() const override { return TwoColumns(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (given_) return Error(ErrorCode::kIo, "the source broke");
    given_ = true;
    return SomeRows()->ReadNext(batch);
  }

 private:
  bool given_ = false;
};

TEST(TableWrite, AFailingSourceLeavesNothingBehind) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), PartitionedBy({"name"})).ok());
  const size_t before = ObjectCount(table);
  FailingReader rows;
  WriteOptions options;
  options.files.file_bytes = 1;  // Files are finished before the source fails.
  options.files.row_group_rows = 1;
  ExpectError(Append(table.location(), rows, options, kNoCancel).status(), ErrorCode::kIo,
              "the source broke");
  EXPECT_EQ(ObjectCount(table), before);
}

TEST(TableWrite, ATableWhoseFirstRowsFailIsNotThere) {
  TestTable table;
  FailingReader rows;
  ExpectError(CreateTableWithRows(table.location(), rows, {}, {}, kNoCancel).status(),
              ErrorCode::kIo, "the source broke");
  EXPECT_EQ(ObjectCount(table), 0);
}

TEST(TableWrite, ACancelledAppendLeavesNothingBehind) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  const size_t before = ObjectCount(table);
  const CancelToken token;
  token.Cancel(Error(ErrorCode::kCancelled, "the caller left"));
  ExpectError(Append(table.location(), *SomeRows(), {}, token).status(), ErrorCode::kCancelled,
              "the caller left");
  EXPECT_EQ(ObjectCount(table), before);
}

TEST(TableWrite, PartitionValuesComeBackWithNullsAndSpecialCharacters) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), PartitionedBy({"name"})).ok());
  const std::vector<std::optional<std::string>> names = {"a b/c=%20", std::nullopt, "ü", ".."};
  const auto rows = Rows(TwoColumns(), {Integers({1, 2, 3, 4}), Texts(names)});
  ASSERT_TRUE(Append(table.location(), *rows, {}, kNoCancel).ok());
  const auto snapshot = *Snapshot::Open(table.location());
  ASSERT_EQ(snapshot->files().size(), 4U);
  const auto values = std::static_pointer_cast<arrow::StringArray>(*snapshot->PartitionValues(1));
  std::vector<std::optional<std::string>> found;
  for (int64_t i = 0; i < values->length(); ++i) {
    found.push_back(values->IsNull(i) ? std::nullopt : std::optional(values->GetString(i)));
    const auto file = columnar::ParquetFile::Open(table.store(), snapshot->FilePath(i));
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_FALSE((*file)->HasLeaf("name"));
  }
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(names));
}

TEST(TableWrite, ManyPartitionsKeepWithinTheLimitOfOpenFiles) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), PartitionedBy({"id"})).ok());
  std::vector<std::optional<int64_t>> ids;
  std::vector<std::optional<std::string>> names;
  for (int64_t i = 0; i < 500; ++i) {
    ids.emplace_back(i % 50);
    names.emplace_back("x");
  }
  WriteOptions options;
  options.files.open_files_max = 3;
  options.files.buffer_bytes = 64;
  const auto rows = Rows(TwoColumns(), {Integers(ids), Texts(names)});
  ASSERT_TRUE(Append(table.location(), *rows, options, kNoCancel).ok());
  EXPECT_EQ((*Snapshot::Open(table.location()))->RowCount(), 500);
}

TEST(TableWrite, AppendOnlyTablesRefuseOverwrite) {
  TestTable table;
  ASSERT_TRUE(
      CreateTable(table.location(), *TwoColumns(), WithProperty("delta.appendOnly", "true")).ok());
  ASSERT_TRUE(Append(table.location(), *SomeRows(), {}, kNoCancel).ok());
  ExpectError(Overwrite(table.location(), *SomeRows(), {}, kNoCancel).status(),
              ErrorCode::kInvalidArgument, "delta.appendOnly");
}

TEST(TableWrite, TablesWithCheckConstraintsAreRefusedByName) {
  TestTable table;
  table.Commit(
      0, fmt::format("{}\n{}\n", R"({"protocol":{"minReaderVersion":1,"minWriterVersion":3}})",
                     MetadataLine("[" + FieldJson("id", "long") + "]", "[]",
                                  R"({"delta.constraints.positive":"id > 0"})")));
  const auto rows = Rows(arrow::schema({arrow::field("id", arrow::int64())}), {Integers({1})});
  ExpectError(Append(table.location(), *rows, {}, kNoCancel).status(),
              ErrorCode::kUnsupportedFeature, "checkConstraints");
}

TEST(TableWrite, InCommitTimestampsGrowEvenIfTheClockStands) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(),
                          WithProperty("delta.enableInCommitTimestamps", "true"))
                  .ok());
  int64_t before = (*Snapshot::Open(table.location()))->timestamp_ms();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Append(table.location(), *SomeRows(), {}, kNoCancel).ok());
    const int64_t now = (*Snapshot::Open(table.location()))->timestamp_ms();
    EXPECT_GT(now, before);
    before = now;
  }
}

TEST(TableWrite, BadNamesAndPartitionColumnsAreRefused) {
  TestTable table;
  const auto spaced = arrow::schema({arrow::field("a b", arrow::int64())});
  ExpectError(CreateTable(table.location(), *spaced, {}).status(), ErrorCode::kInvalidArgument,
              "'a b'");
  const auto twice =
      arrow::schema({arrow::field("a", arrow::int64()), arrow::field("A", arrow::int64())});
  ExpectError(CreateTable(table.location(), *twice, {}).status(), ErrorCode::kInvalidArgument,
              "'A'");
  ExpectError(CreateTable(table.location(), *TwoColumns(), PartitionedBy({"nope"})).status(),
              ErrorCode::kInvalidArgument, "'nope'");
  ExpectError(CreateTable(table.location(), *TwoColumns(), PartitionedBy({"id", "name"})).status(),
              ErrorCode::kInvalidArgument, "every column");
  EXPECT_EQ(ObjectCount(table), 0U);
}

WriteOptions Once(const std::string& application, int64_t version) {
  WriteOptions options;
  options.transaction = SetTransaction{application, version, std::nullopt};
  return options;
}

TEST(TableWrite, ARepeatedWriteOfOneApplicationHappensOnce) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  const auto first = Append(table.location(), *SomeRows(), Once("job", 7), kNoCancel);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->already_done);
  ASSERT_TRUE(Append(table.location(), *SomeRows(), {}, kNoCancel).ok());
  for (const int64_t version : {7, 6}) {
    const auto again = Append(table.location(), *SomeRows(), Once("job", version), kNoCancel);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->already_done);
    EXPECT_EQ(again->rows, 0);
  }
  EXPECT_EQ(Append(table.location(), *SomeRows(), Once("job", 7), kNoCancel)->version, 1);
  EXPECT_EQ((*Snapshot::Open(table.location()))->version(), 2);
  EXPECT_FALSE(Append(table.location(), *SomeRows(), Once("job", 8), kNoCancel)->already_done);
}

TEST(TableWrite, AWriteThatSomebodyElseRepeatedMeanwhileHappensOnce) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(), {}).ok());
  WriteOptions options = Once("job", 1);
  options.before_commit = [&](Transaction&) {
    return Append(table.location(), *SomeRows(), Once("job", 1), kNoCancel).status();
  };
  const auto outcome = Append(table.location(), *SomeRows(), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->already_done);
  EXPECT_EQ(outcome->version, 1);
  EXPECT_EQ((*Snapshot::Open(table.location()))->RowCount(), 3);
  // Two commits, their checksums and one data file: that of the second writer is gone.
  EXPECT_EQ(ObjectCount(table), 5U);
}

TEST(TableWrite, RowsThatWereCheckedMayGoWhereTheyHaveToPassRules) {
  TestTable table;
  ASSERT_TRUE(CreateTable(table.location(), *TwoColumns(),
                          WithProperty("delta.constraints.positive", "id > 0"))
                  .ok());
  ExpectError(Append(table.location(), *SomeRows(), {}, kNoCancel).status(),
              ErrorCode::kUnsupportedFeature, "checkConstraints");
  WriteOptions options;
  options.rows_checked = true;
  EXPECT_TRUE(Append(table.location(), *SomeRows(), options, kNoCancel).ok());
}

TEST(TableWrite, MergingTheSchemaAddsColumnsAndFillsThoseThatTheRowsLack) {
  TestTable table;
  ASSERT_TRUE(CreateTableWithRows(table.location(), *SomeRows(), {}, {}, kNoCancel).ok());
  const auto other =
      arrow::schema({arrow::field("extra", arrow::utf8()), arrow::field("id", arrow::int64())});
  WriteOptions options;
  options.merge_schema = true;
  const auto outcome =
      Append(table.location(), *Rows(other, {Texts({"x"}), Integers({9})}), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_EQ(snapshot->schema()->field_names(), (std::vector<std::string>{"id", "name", "extra"}));
  const std::string stats(**snapshot->files().stats(1));
  EXPECT_NE(stats.find(R"("nullCount":{"id":0,"name":1,"extra":0})"), std::string::npos) << stats;
}

TEST(TableWrite, NarrowRowsFitAndWideOnesWidenTheColumnWhereThatIsOn) {
  const auto narrow = arrow::schema({arrow::field("n", arrow::int32())});
  const auto wide = arrow::schema({arrow::field("n", arrow::int64())});
  const auto rows = [](const std::shared_ptr<arrow::Schema>& schema) {
    const auto column = *arrow::compute::Cast(*Integers({1, 2}), schema->field(0)->type());
    return Rows(schema, {column});
  };
  for (const bool widening : {false, true}) {
    TestTable table;
    ASSERT_TRUE(CreateTable(table.location(), *narrow,
                            WithProperty("delta.enableTypeWidening", widening ? "true" : "false"))
                    .ok());
    WriteOptions options;
    options.merge_schema = true;
    const auto outcome = Append(table.location(), *rows(wide), options, kNoCancel);
    if (!widening) {
      ExpectError(outcome.status(), ErrorCode::kInvalidArgument, "changed column 'n' (long");
      continue;
    }
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    const auto field = (*Snapshot::Open(table.location()))->schema()->field(0);
    EXPECT_EQ(field->type()->ToString(), "int64");
    EXPECT_EQ(*field->metadata()->Get("delta.typeChanges"),
              R"([{"fromType":"integer","toType":"long"}])");
    EXPECT_TRUE(Append(table.location(), *rows(narrow), {}, kNoCancel).ok());
  }
}

TEST(TableWrite, OverwritingCanReplaceTheSchemaAndThePartitions) {
  TestTable table;
  ASSERT_TRUE(
      CreateTableWithRows(table.location(), *SomeRows(), PartitionedBy({"name"}), {}, kNoCancel)
          .ok());
  const auto other =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("day", arrow::utf8())});
  WriteOptions options;
  options.replace_schema = true;
  options.partition_columns = {"day"};
  const auto rows = Rows(other, {Integers({1}), Texts({"monday"})});
  const auto outcome = Overwrite(table.location(), *rows, options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_TRUE(snapshot->schema()->Equals(*other)) << snapshot->schema()->ToString();
  EXPECT_EQ(snapshot->partition_columns(), std::vector<std::string>{"day"});
  EXPECT_EQ(snapshot->files().size(), 1U);
}

// A directory that is removed again.
class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_(std::filesystem::temp_directory_path() / ("deltaport-" + storage::RandomUuid())) {}
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(TableWrite, ConcurrentAppendsAllSucceedInAGaplessLog) {
  constexpr int kWriters = 4;
  constexpr int kAppends = 8;
  const TemporaryDirectory directory;
  const storage::Location location{storage::LocalStore::Shared(), directory.path()};
  ASSERT_TRUE(CreateTable(location, *TwoColumns(), {}).ok());
  std::vector<std::thread> writers;
  std::atomic<int> failures = 0;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < kAppends; ++n) {
        if (!Append(location, *SomeRows(), {}, kNoCancel).ok()) ++failures;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(failures, 0);
  const auto snapshot = Snapshot::Open(location);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->version(), kWriters * kAppends);
  EXPECT_EQ((*snapshot)->RowCount(), 3 * kWriters * kAppends);
}

}  // namespace
}  // namespace deltaport::delta
