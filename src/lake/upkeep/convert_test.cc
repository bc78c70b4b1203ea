#include "lake/upkeep/convert.h"

#include <filesystem>
#include <fstream>

#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "delta/live_files.h"
#include "delta/table_write.h"
#include "engine/query_binding.h"
#include "engine/query_engine.h"
#include "lake/lake_test_support.h"
#include "lake/upkeep/upkeep_test_support.h"

namespace deltaport::lake {
namespace {

namespace fs = std::filesystem;

const CancelToken kNoCancel;

void Write(const fs::path& path, const arrow::FieldVector& fields, const std::string& json_rows) {
  fs::create_directories(path.parent_path());
  const auto rows =
      arrow::json::ArrayFromJSONString(arrow::struct_(fields), json_rows).ValueOrDie();
  const auto batch = arrow::RecordBatch::FromStructArray(rows).ValueOrDie();
  const auto table = arrow::Table::FromRecordBatches({batch}).ValueOrDie();
  const auto file = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file).ok());
  ASSERT_TRUE(file->Close().ok());
}

storage::Location At(const TemporaryFolder& folder) {
  return storage::ParseLocation(folder.path().string()).ValueOrDie();
}

std::vector<std::string> Rows(const storage::Location& table) {
  const auto engine = engine::MakeDuckDbEngine({}).ValueOrDie();
  auto source = std::make_shared<engine::TableSource>();
  source->name = "table";
  source->files = delta::Snapshot::Open(table).ValueOrDie();
  const auto bound = engine::Bind({}, *source->schema()).ValueOrDie();
  const auto reader = engine->Execute(source, bound, CancelToken());
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return {};
  auto rows = RowTexts(**reader);
  std::sort(rows.begin(), rows.end());
  return rows;
}

const auto kId = arrow::field("id", arrow::int64());
const auto kName = arrow::field("name", arrow::utf8());

TEST(Convert, FoldersBecomePartitionsAndFooterNumbersStatistics) {
  TemporaryFolder folder;
  Write(folder.path() / "year=2013" / "day=2013-01-05" / "a b.parquet", {kId},
        R"([{"id":1},{"id":2}])");
  Write(folder.path() / "year=2014" / "day=__HIVE_DEFAULT_PARTITION__" / "b.parquet", {kId, kName},
        R"([{"id":3,"name":"x"}])");
  Write(folder.path() / "_temporary" / "c.parquet", {kName}, R"([{"name":"no"}])");
  std::ofstream(folder.path() / "_SUCCESS") << "";
  const auto outcome = Convert(At(folder), {}, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->version, 0);
  EXPECT_EQ(outcome->files, 2);
  EXPECT_EQ(outcome->rows, 3);
  EXPECT_EQ(outcome->partition_columns, (std::vector<std::string>{"year", "day"}));
  const auto snapshot = delta::Snapshot::Open(At(folder)).ValueOrDie();
  EXPECT_EQ(snapshot->schema()->ToString(),
            "id: int64\nname: string\nyear: int64\nday: date32[day]");
  EXPECT_EQ(snapshot->RowCount(), 3);
  const auto statistics = snapshot->Statistics(0).ValueOrDie();
  EXPECT_EQ(statistics->max_values->ToString(), "[\n  2,\n  3\n]");
  EXPECT_EQ(Rows(At(folder)),
            (std::vector<std::string>{R"({"id":1,"name":null,"year":2013,"day":"2013-01-05"})",
                                      R"({"id":2,"name":null,"year":2013,"day":"2013-01-05"})",
                                      R"({"id":3,"name":"x","year":2014,"day":null})"}));
  EXPECT_EQ(CodeOf(Convert(At(folder), {}, kNoCancel).status()), ErrorCode::kAlreadyExists);
}

TEST(Convert, PartitionColumnsMayBeNamedWithTheirTypes) {
  TemporaryFolder folder;
  Write(folder.path() / "n=01" / "a.parquet", {kId}, R"([{"id":1}])");
  ConvertOptions options;
  options.partitions = {{"n", "string"}};
  options.configuration["delta.appendOnly"] = "true";
  const auto outcome = Convert(At(folder), options, kNoCancel);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(Rows(At(folder)), (std::vector<std::string>{R"({"id":1,"n":"01"})"}));
}

TEST(Convert, AValueThatIsNotOfTheNamedTypeIsRefused) {
  TemporaryFolder folder;
  Write(folder.path() / "n=x" / "a.parquet", {kId}, R"([{"id":1}])");
  ConvertOptions options;
  options.partitions = {{"n", "integer"}};
  const auto outcome = Convert(At(folder), options, kNoCancel);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(CodeOf(outcome.status()), ErrorCode::kInvalidArgument);
  EXPECT_NE(outcome.status().message().find("n=x/a.parquet"), std::string::npos);
}

TEST(Convert, FilesThatDisagreeAreNamed) {
  TemporaryFolder folder;
  Write(folder.path() / "a.parquet", {kId}, R"([{"id":1}])");
  Write(folder.path() / "b.parquet", {arrow::field("id", arrow::int32())}, R"([{"id":1}])");
  const auto outcome = Convert(At(folder), {}, kNoCancel);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(CodeOf(outcome.status()), ErrorCode::kInvalidArgument);
  EXPECT_NE(outcome.status().message().find("b.parquet"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder.path() / "_delta_log"));
}

TEST(Convert, FoldersThatDifferAreRefused) {
  TemporaryFolder folder;
  Write(folder.path() / "n=1" / "a.parquet", {kId}, R"([{"id":1}])");
  Write(folder.path() / "b.parquet", {kId}, R"([{"id":1}])");
  EXPECT_EQ(CodeOf(Convert(At(folder), {}, kNoCancel).status()), ErrorCode::kInvalidArgument);
}

TEST(Convert, WhatReadersCouldNotReadInPlaceIsRefused) {
  TemporaryFolder folder;
  Write(folder.path() / "a.parquet", {arrow::field("u", arrow::uint32())}, R"([{"u":1}])");
  EXPECT_EQ(CodeOf(Convert(At(folder), {}, kNoCancel).status()), ErrorCode::kUnsupportedFeature);
}

TEST(Convert, NothingToConvertIsNotFoundAndDamageIsNamed) {
  TemporaryFolder folder;
  EXPECT_EQ(CodeOf(Convert(At(folder), {}, kNoCancel).status()), ErrorCode::kNotFound);
  std::ofstream(folder.path() / "a.parquet") << "no Parquet";
  const auto damaged = Convert(At(folder), {}, kNoCancel);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(CodeOf(damaged.status()), ErrorCode::kCorruptTable);
}

}  // namespace
}  // namespace deltaport::lake
