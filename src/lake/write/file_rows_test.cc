#include "lake/write/file_rows.h"

#include <fstream>
#include <numeric>
#include <random>

#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "delta/deletion_vector.h"
#include "delta/live_files.h"
#include "delta/transaction.h"
#include "lake/upkeep/upkeep_test_support.h"
#include "lake/write/plain_file.h"

namespace deltaport::lake {
namespace {

namespace fs = std::filesystem;

const CancelToken kNoCancel;

// A table with the columns id and name, and an engine.
class Files {
 public:
  Files() : engine_(engine::MakeDuckDbEngine({}).ValueOrDie()) {}

  fs::path path() const { return folder_.path() / "table"; }
  engine::QueryEngine& engine() { return *engine_; }

  void Add(const std::vector<int64_t>& ids) { CommitDelta(path(), version_++, ids); }

  // A file of another shape.
  void Add(const arrow::Table& rows) {
    const std::string name = fmt::format("other-{}.parquet", version_);
    const auto file = arrow::io::FileOutputStream::Open((path() / name).string()).ValueOrDie();
    const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    ASSERT_TRUE(parquet::arrow::WriteTable(rows, arrow::default_memory_pool(), file, 1024,
                                           parquet::default_writer_properties(), properties)
                    .ok());
    ASSERT_TRUE(file->Close().ok());
    std::ofstream(path() / "_delta_log" / fmt::format("{:020}.json", version_++))
        << fmt::format(R"({{"add":{{"path":"{}","partitionValues":{{}},"size":{},)"
                       R"("modificationTime":1700000000000,"dataChange":true}}}})"
                       "\n",
                       name, fs::file_size(path() / name));
  }

  std::shared_ptr<const delta::Snapshot> Open() const {
    return delta::Snapshot::Open(storage::ParseLocation(path().string()).ValueOrDie()).ValueOrDie();
  }

  // As the engine has them.
  std::vector<std::string> Expected(const std::string& files) {
    auto table = std::make_shared<engine::TableSource>();
    table->name = "table";
    table->files = Open();
    engine::InternalQuery query;
    query.sql =
        fmt::format("SELECT file_index, file_row_number, * FROM t WHERE file_index IN ({})", files);
    query.tables["t"] = table;
    query.keep_order = true;
    return RowTexts(**engine_->ExecuteInternal(query, kNoCancel));
  }

  std::vector<std::string> Read(std::vector<size_t> files) {
    const auto rows = ReadFileRows(*engine_, Open(), {}, std::move(files), kNoCancel);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? RowTexts(**rows) : std::vector<std::string>();
  }

  // Whether the file needs no engine.
  bool IsPlain(size_t file) const {
    const auto plain = PlainFiles::Of(Open()).ValueOrDie();
    const auto read =
        plain->Read(file, [](const auto& /*batch*/) { return Status::OK(); }, kNoCancel);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() && *read;
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<engine::QueryEngine> engine_;
  int64_t version_ = 0;
};

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<Value>& values) {
  Builder builder;
  EXPECT_TRUE(builder.AppendValues(values).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Table> TableOf(
    const std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

const auto kTwoIds = [] { return ArrayOf<arrow::Int64Builder, int64_t>({7, 8}); };
const auto kTwoNames = [] {
  return ArrayOf<arrow::StringBuilder, std::string>({"seven", "eight"});
};

TEST(FileRows, ChosenFilesComeInTheirOrderWithThePlacesOfTheirRows) {
  Files table;
  for (int64_t i = 0; i < 9; ++i) table.Add({10 * i, 10 * i + 1, 10 * i + 2});
  const auto rows = table.Read({1, 4, 8});
  EXPECT_EQ(rows, table.Expected("1, 4, 8"));
  ASSERT_EQ(rows.size(), 9U);
  EXPECT_TRUE(table.IsPlain(4));
}

TEST(FileRows, ColumnsThatAFileLacksAreNullAndOthersAreLeftOut) {
  Files table;
  table.Add({1, 2});
  table.Add(*TableOf({{"more", kTwoIds()}, {"name", kTwoNames()}}));
  EXPECT_TRUE(table.IsPlain(1));
  EXPECT_EQ(table.Read({0, 1}), table.Expected("0, 1"));
}

TEST(FileRows, TextsWithWiderOffsetsNeedNoEngine) {
  Files table;
  table.Add({1});
  const auto names = ArrayOf<arrow::LargeStringBuilder, std::string>({"seven", "eight"});
  table.Add(*TableOf({{"id", kTwoIds()}, {"name", names}}));
  EXPECT_TRUE(table.IsPlain(1));
  EXPECT_EQ(table.Read({0, 1}), table.Expected("0, 1"));
}

TEST(FileRows, FromAFileOfOtherTypesOnTheEngineReads) {
  Files table;
  table.Add({1, 2});
  table.Add({3, 4});
  table.Add(
      *TableOf({{"id", ArrayOf<arrow::Int32Builder, int32_t>({7, 8})}, {"name", kTwoNames()}}));
  table.Add({5, 6});
  EXPECT_FALSE(table.IsPlain(2));
  EXPECT_EQ(table.Read({0, 2, 3}), table.Expected("0, 2, 3"));
  EXPECT_EQ(table.Read({2, 3}), table.Expected("2, 3"));
}

TEST(FileRows, NamesThatDifferOnlyInCaseAreLeftToTheEngine) {
  Files table;
  table.Add({1});
  table.Add(*TableOf({{"ID", kTwoIds()}, {"name", kTwoNames()}}));
  EXPECT_FALSE(table.IsPlain(1));
  EXPECT_EQ(table.Read({0, 1}), table.Expected("0, 1"));
}

TEST(FileRows, FilesOfOldSparkAreLeftToTheEngine) {
  Files table;
  table.Add({1});
  for (const char* version : {"2.4.0", "3.0.1", "3.5.0"}) {
    const auto rows = TableOf({{"id", kTwoIds()}, {"name", kTwoNames()}});
    table.Add(*rows->ReplaceSchemaMetadata(
        arrow::key_value_metadata({"org.apache.spark.version"}, {version})));
  }
  EXPECT_FALSE(table.IsPlain(1));
  EXPECT_FALSE(table.IsPlain(2));
  EXPECT_TRUE(table.IsPlain(3));
}

TEST(FileRows, DamageNamesTheFile) {
  Files table;
  table.Add({1});
  table.Add({2});
  std::ofstream(table.path() / "part-00001.parquet") << "no Parquet file at all, but long enough";
  const auto rows = ReadFileRows(table.engine(), table.Open(), {}, {0, 1}, kNoCancel).ValueOrDie();
  Status status;
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    status = rows->ReadNext(&batch);
  } while (status.ok() && batch);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), ErrorCode::kCorruptTable) << status;
  EXPECT_NE(status.message().find("part-00001.parquet"), std::string::npos) << status;
}

TEST(FileRows, ReadersThatGoEarlyAndCancelledOnesEndTheirThreads) {
  Files table;
  const std::vector<int64_t> ids(200'000, 3);
  for (int i = 0; i < 8; ++i) table.Add(ids);
  const std::vector<size_t> files{0, 1, 2, 3, 4, 5, 6, 7};
  {
    const auto rows = ReadFileRows(table.engine(), table.Open(), {}, files, kNoCancel).ValueOrDie();
    EXPECT_NE(rows->Next().ValueOrDie(), nullptr);
  }
  const CancelToken token;
  const auto rows = ReadFileRows(table.engine(), table.Open(), {}, files, token).ValueOrDie();
  EXPECT_NE(rows->Next().ValueOrDie(), nullptr);
  token.Cancel(Error(ErrorCode::kCancelled, "enough"));
  EXPECT_EQ(CodeOf(rows->Next().status()), ErrorCode::kCancelled);
}

// More rows than may wait, and deletion vectors.
TEST(FileRows, ConcurrentFilesGiveTheRowsThatTheEngineGives) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  UpkeepTable table({{"delta.enableDeletionVectors", "true"}}, {"part"});
  for (int i = 0; i < 4; ++i) {
    std::vector<int64_t> ids(1 + random() % 100'000);
    for (auto& id : ids) id = static_cast<int64_t>(random() % 1'000);
    table.Append(ids);
  }
  const auto before = table.Open();
  auto writer = delta::DeletionVectorWriter::Create(table.location()).ValueOrDie();
  auto transaction = delta::Transaction::Start(before).ValueOrDie();
  for (size_t file = 0; file < before->files().size(); file += 2) {
    delta::DeletedRows deleted;
    for (int64_t row = 0; row < *before->files().record_count(file); ++row) {
      if (row == 0 || random() % 3 == 0) deleted.Add(row);
    }
    const auto vector = writer.Append(deleted).ValueOrDie();
    ASSERT_TRUE(transaction.ReplaceDeletionVector(file, vector).ok());
  }
  ASSERT_TRUE(writer.Close().ok());
  delta::Operation operation;
  operation.name = "DELETE";
  ASSERT_TRUE(transaction.Commit(operation, kNoCancel).ok());
  const auto snapshot = table.Open();
  std::vector<size_t> files(snapshot->files().size());
  std::iota(files.begin(), files.end(), 0);
  auto source = std::make_shared<engine::TableSource>();
  source->name = "table";
  source->files = snapshot;
  engine::InternalQuery query;
  query.sql = "SELECT file_index, file_row_number, * FROM t";
  query.tables["t"] = source;
  query.keep_order = true;
  const auto expected = RowTexts(**table.engine().ExecuteInternal(query, kNoCancel));
  EXPECT_EQ(RowTexts(**ReadFileRows(table.engine(), snapshot, {}, files, kNoCancel)), expected);
}

}  // namespace
}  // namespace deltaport::lake
