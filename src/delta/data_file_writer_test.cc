#include "delta/data_file_writer.h"

#include <random>

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "columnar/delta_schema.h"
#include "columnar/json_document.h"
#include "columnar/parquet_file.h"
#include "delta/live_files.h"
#include "delta/new_table.h"
#include "delta/table_test_support.h"
#include "delta/table_write.h"

namespace deltaport::delta {
namespace {

const CancelToken kNoCancel;

std::shared_ptr<arrow::Array> Integers(int64_t count) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(i).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Texts(int64_t count, const std::string& text) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(text).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatchReader> Rows(const arrow::FieldVector& fields,
                                               const arrow::ArrayVector& columns) {
  const auto schema = arrow::schema(fields);
  auto batch = arrow::RecordBatch::Make(schema, columns.front()->length(), columns);
  return arrow::RecordBatchReader::Make({batch}, schema).ValueOrDie();
}

// id, a struct with two members, and text.
arrow::FieldVector NestedFields() {
  const auto point = arrow::struct_(
      {arrow::field("x", arrow::int64()), arrow::field("list", arrow::list(arrow::int64()))});
  return {arrow::field("id", arrow::int64()), arrow::field("point", point),
          arrow::field("text", arrow::utf8())};
}

std::shared_ptr<arrow::RecordBatchReader> NestedRows(int64_t count) {
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int64Builder>());
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(lists.AppendNull().ok());
  const auto fields = NestedFields();
  const auto point = arrow::StructArray::Make({Integers(count), lists.Finish().ValueOrDie()},
                                              fields[1]->type()->fields())
                         .ValueOrDie();
  return Rows(fields, {Integers(count), point, Texts(count, "a")});
}

std::shared_ptr<arrow::Schema> NestedSchema() { return arrow::schema(NestedFields()); }

AddFile OnlyFile(const TestTable& table) {
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_EQ(snapshot->files().size(), 1U);
  return *snapshot->files().file(0);
}

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::unique_ptr<columnar::ParquetFile> OpenFile(TestTable& table, const std::string& path) {
  return columnar::ParquetFile::Open(table.store(), "/table/" + path).ValueOrDie();
}

TEST(DataFileWriter, MappedColumnsHavePhysicalNamesInFilesStatisticsAndPartitions) {
  TestTable table;
  NewTable options;
  options.configuration["delta.columnMapping.mode"] = "name";
  options.partition_columns = {"text"};
  ASSERT_TRUE(CreateTable(table.location(), *NestedSchema(), options).ok());
  ASSERT_TRUE(Append(table.location(), *NestedRows(3), {}, kNoCancel).ok());
  const auto snapshot = *Snapshot::Open(table.location());
  const AddFile file = OnlyFile(table);
  const std::string id = snapshot->PhysicalName(0);
  const std::string point = snapshot->PhysicalName(1);
  EXPECT_TRUE(id.starts_with("col-"));
  const auto& point_field = *snapshot->schema()->field(1);
  const std::string x = *point_field.type()->field(0)->metadata()->Get(columnar::kPhysicalNameKey);
  const auto parquet = OpenFile(table, file.path);
  EXPECT_TRUE(parquet->HasLeaf(id));
  EXPECT_TRUE(parquet->HasLeaf(point + "." + x));
  EXPECT_FALSE(parquet->HasLeaf("id"));
  EXPECT_TRUE(
      Has(*file.stats, fmt::format(R"("maxValues":{{"{}":2,"{}":{{"{}":2}})", id, point, x)))
      << *file.stats;
  EXPECT_EQ(file.partition_values.at(snapshot->PhysicalName(2)), "a");
  EXPECT_EQ(snapshot->metadata().configuration.at("delta.columnMapping.maxColumnId"), "5");
  EXPECT_EQ((*snapshot->Statistics(0))->max_values->GetScalar(0).ValueOrDie()->ToString(), "2");
}

TEST(DataFileWriter, EveryCodecOfThePropertyIsWrittenAndNamed) {
  for (const std::string codec : {"zstd", "snappy", "gzip", "lz4", "uncompressed"}) {
    TestTable table;
    NewTable options;
    options.configuration["delta.parquet.compression.codec"] = codec;
    ASSERT_TRUE(CreateTable(table.location(), *NestedSchema(), options).ok());
    ASSERT_TRUE(Append(table.location(), *NestedRows(3), {}, kNoCancel).ok());
    const AddFile file = OnlyFile(table);
    EXPECT_EQ(Has(file.path, "." + codec + "."), codec != "uncompressed") << file.path;
    EXPECT_EQ(OpenFile(table, file.path)->rows(), 3);
  }
}

TEST(DataFileWriter, StatisticsCoverTheColumnsThatThePropertiesName) {
  const auto stats_with = [](const std::string& property, const std::string& value) {
    TestTable table;
    NewTable options;
    if (!property.empty()) options.configuration[property] = value;
    EXPECT_TRUE(CreateTable(table.location(), *NestedSchema(), options).ok());
    EXPECT_TRUE(Append(table.location(), *NestedRows(2), {}, kNoCancel).ok());
    return *OnlyFile(table).stats;
  };
  EXPECT_EQ(stats_with("", ""),
            R"({"numRecords":2,"minValues":{"id":0,"point":{"x":0},"text":"a"},)"
            R"("maxValues":{"id":1,"point":{"x":1},"text":"a"},)"
            R"("nullCount":{"id":0,"point":{"x":0,"list":2},"text":0}})");
  EXPECT_TRUE(Has(stats_with("delta.dataSkippingNumIndexedCols", "2"),
                  R"("nullCount":{"id":0,"point":{"x":0}}})"));
  EXPECT_TRUE(Has(stats_with("delta.dataSkippingNumIndexedCols", "0"), R"("nullCount":{}})"));
  EXPECT_TRUE(Has(stats_with("delta.dataSkippingStatsColumns", "text,point.list"),
                  R"("nullCount":{"point":{"list":2},"text":0}})"));
  EXPECT_TRUE(Has(stats_with("delta.dataSkippingStatsColumns", "point"),
                  R"("nullCount":{"point":{"x":0,"list":2}}})"));
}

TEST(DataFileWriter, ColumnsThatTheTableIsClusteredByAlwaysHaveStatistics) {
  TestTable table;
  NewTable options;
  options.configuration["delta.dataSkippingNumIndexedCols"] = "0";
  options.clustering_columns = {{"text"}, {"point", "x"}};
  ASSERT_TRUE(CreateTable(table.location(), *NestedSchema(), options).ok());
  ASSERT_TRUE(Append(table.location(), *NestedRows(2), {}, kNoCancel).ok());
  EXPECT_TRUE(Has(*OnlyFile(table).stats, R"("nullCount":{"point":{"x":0},"text":0}})"));
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_TRUE(Has(snapshot->domains().at("delta.clustering").configuration,
                  R"({"clusteringColumns":[["text"],["point","x"]])"));
}

TEST(DataFileWriter, ChangeFilesLieApartAndHaveTheirType) {
  TestTable table;
  NewTable options;
  options.partition_columns = {"text"};
  ASSERT_TRUE(CreateTable(table.location(), *NestedSchema(), options).ok());
  auto transaction = *Transaction::Start(*Snapshot::Open(table.location()));
  auto fields = NestedFields();
  fields.push_back(arrow::field(kChangeTypeColumn, arrow::utf8()));
  const auto batch = NestedRows(2)->Next().ValueOrDie();
  auto columns = batch->columns();
  columns.push_back(Texts(2, "insert"));
  const auto files =
      WriteChangeFiles(*transaction.FileTarget(), *Rows(fields, columns), {}, kNoCancel);
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 1U);
  EXPECT_TRUE(files->front().path.starts_with("_change_data/text=a/cdc-")) << files->front().path;
  EXPECT_EQ(files->front().partition_values.at("text"), "a");
  EXPECT_TRUE(OpenFile(table, "_change_data/text=a" +
                                  files->front().path.substr(files->front().path.rfind('/')))
                  ->HasLeaf(kChangeTypeColumn));
  ASSERT_TRUE(RemoveChangeFiles(table.location(), *files).ok());
  EXPECT_EQ(table.store().ListRecursive("/table/_change_data")->size(), 0U);
}

TEST(DataFileWriter, ExtraColumnsAreInTheFilesButNotInTheirStatistics) {
  TestTable table;
  NewTable options;
  options.configuration["delta.enableRowTracking"] = "true";
  ASSERT_TRUE(CreateTable(table.location(), *NestedSchema(), options).ok());
  auto transaction = *Transaction::Start(*Snapshot::Open(table.location()));
  const std::string row_id = transaction.properties().row_id_column.value();
  EXPECT_TRUE(row_id.starts_with("_row-id-col-"));
  DataFileWriterOptions write;
  write.extra_columns = {arrow::field(row_id, arrow::int64())};
  write.data_change = false;
  auto fields = NestedFields();
  fields.push_back(write.extra_columns.front());
  auto columns = NestedRows(2)->Next().ValueOrDie()->columns();
  columns.push_back(Integers(2));
  const auto files =
      WriteDataFiles(*transaction.FileTarget(), *Rows(fields, columns), write, kNoCancel);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_TRUE(OpenFile(table, files->front().path)->HasLeaf(row_id));
  EXPECT_FALSE(Has(*files->front().stats, row_id));
  EXPECT_FALSE(files->front().data_change);
}

TEST(DataFileWriter, FilesEndAtTheTargetSizeOfTheTable) {
  TestTable table;
  NewTable options;
  options.configuration["delta.targetFileSize"] = "1";
  ASSERT_TRUE(CreateTable(table.location(), *NestedSchema(), options).ok());
  WriteOptions write;
  write.files.row_group_rows = 10;
  ASSERT_TRUE(Append(table.location(), *NestedRows(100), write, kNoCancel).ok());
  const auto snapshot = *Snapshot::Open(table.location());
  EXPECT_GT(snapshot->files().size(), 1U);
  EXPECT_EQ(snapshot->RowCount(), 100);
}

// Bounds and counts of large batches, whose columns are looked at in parallel.
TEST(DataFileWriter, StatisticsOfManyConcurrentColumnsAreTrue) {
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  constexpr int kColumns = 8;
  constexpr int64_t kRows = 40'000;
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  std::string minima;
  std::string nulls;
  for (int c = 0; c < kColumns; ++c) {
    arrow::Int64Builder builder;
    int64_t least = std::numeric_limits<int64_t>::max();
    int64_t null_count = 0;
    for (int64_t i = 0; i < kRows; ++i) {
      const auto value = static_cast<int64_t>(random() >> 1);
      if (random() % 10 == 0) {
        ++null_count;
        ASSERT_TRUE(builder.AppendNull().ok());
      } else {
        least = std::min(least, value);
        ASSERT_TRUE(builder.Append(value).ok());
      }
    }
    fields.push_back(arrow::field(fmt::format("c{}", c), arrow::int64()));
    columns.push_back(builder.Finish().ValueOrDie());
    minima += fmt::format(R"({}"c{}":{})", c == 0 ? "" : ",", c, least);
    nulls += fmt::format(R"({}"c{}":{})", c == 0 ? "" : ",", c, null_count);
  }
  TestTable table;
  ASSERT_TRUE(
      CreateTableWithRows(table.location(), *Rows(fields, columns), {}, {}, kNoCancel).ok());
  const AddFile file = OnlyFile(table);
  EXPECT_TRUE(Has(*file.stats, "\"minValues\":{" + minima + "}")) << *file.stats;
  EXPECT_TRUE(Has(*file.stats, "\"nullCount\":{" + nulls + "}")) << *file.stats;
  EXPECT_EQ(OpenFile(table, file.path)->rows(), kRows);
}

}  // namespace
}  // namespace deltaport::delta
