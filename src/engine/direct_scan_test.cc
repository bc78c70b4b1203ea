#include "engine/direct_scan.h"

#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

using testing::HasSubstr;

constexpr int64_t kFileRows = 70'000;  // More than two batches.

std::shared_ptr<arrow::Table> Rows(int64_t first, int64_t count) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  arrow::ListBuilder lists(arrow::default_memory_pool(), std::make_shared<arrow::Int32Builder>());
  auto& items = static_cast<arrow::Int32Builder&>(*lists.value_builder());
  for (int64_t id = first; id < first + count; ++id) {
    EXPECT_TRUE(ids.Append(id).ok());
    EXPECT_TRUE((id % 5 == 0 ? names.AppendNull() : names.Append(std::to_string(id))).ok());
    EXPECT_TRUE(lists.Append().ok());
    for (int64_t k = 0; k < id % 3; ++k) EXPECT_TRUE(items.Append(static_cast<int>(k)).ok());
  }
  return arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8()),
                     arrow::field("list", arrow::list(arrow::int32()))}),
      {*ids.Finish(), *names.Finish(), *lists.Finish()});
}

class DirectScanTest : public testing::Test {
 protected:
  std::shared_ptr<const TableSource> AddRows() {
    engine_.WriteParquet("/rows/0.parquet", *Rows(0, kFileRows), 20'000);
    engine_.WriteParquet("/rows/1.parquet", *Rows(kFileRows, 10), 20'000);
    return engine_.AddParquet("rows", "/rows/*.parquet");
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> Scan(
      const std::shared_ptr<const TableSource>& table, const BoundQuery& query,
      const CancelToken& token = CancelToken()) {
    return ScanDirectly(table, query, std::make_shared<TableFiles>(1 << 20), token);
  }

  TestEngine engine_;
};

TEST_F(DirectScanTest, RowsComeInTheOrderOfFilesWithTheirNewNames) {
  const auto table = AddRows();
  auto query = SelectAll(*table->schema());
  query.columns = {1, 2, 0};
  query.output_names = {"label", "list", "number"};
  const auto reader = Scan(table, query);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE(*reader);
  const auto rows = (*reader)->ToTable();
  ASSERT_TRUE(rows.ok()) << rows.status();
  const auto expected = *arrow::ConcatenateTables({Rows(0, kFileRows), Rows(kFileRows, 10)});
  EXPECT_EQ((*rows)->schema()->field_names(),
            (std::vector<std::string>{"label", "list", "number"}));
  ASSERT_EQ((*rows)->num_rows(), kFileRows + 10);
  EXPECT_TRUE((*rows)->column(0)->Equals(*expected->column(1)));
  EXPECT_TRUE((*rows)->column(1)->Equals(*expected->column(2)));
  EXPECT_TRUE((*rows)->column(2)->Equals(*expected->column(0)));
}

TEST_F(DirectScanTest, EngineReadsWhatIsMoreThanColumns) {
  const auto table = AddRows();
  const auto all = SelectAll(*table->schema());
  auto limited = all, distinct = all, twice = all, counted = all;
  limited.limit = 5;
  distinct.distinct = true;
  twice.columns = {0, 0};
  twice.output_names = {"a", "b"};
  counted.columns = {};
  for (const auto& query : {limited, distinct, twice, counted}) {
    const auto reader = Scan(table, query);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_FALSE(*reader);
  }
}

TEST_F(DirectScanTest, EngineReadsFilesThatHoldAColumnInAnotherType) {
  engine_.WriteParquet("/mixed/0.parquet", *Rows(0, 10), 20'000);
  arrow::Int32Builder ids;
  ASSERT_TRUE(ids.Append(7).ok());
  engine_.WriteParquet(
      "/mixed/1.parquet",
      *arrow::Table::Make(arrow::schema({arrow::field("id", arrow::int32())}), {*ids.Finish()}),
      20'000);
  const auto table = engine_.AddParquet("mixed", "/mixed/*.parquet");
  const auto reader = Scan(table, SelectAll(*table->schema()));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_FALSE(*reader);
}

TEST_F(DirectScanTest, EngineReadsDaysOfTheHybridCalendar) {
  arrow::Date32Builder days;
  arrow::Int64Builder ids;
  ASSERT_TRUE(days.Append(-200'000).ok());
  ASSERT_TRUE(ids.Append(1).ok());
  const auto rows = arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("day", arrow::date32())}),
      {*ids.Finish(), *days.Finish()});
  const auto scans_days = [&](const std::map<std::string, std::string>& notes) {
    const auto noted = rows->ReplaceSchemaMetadata(std::make_shared<arrow::KeyValueMetadata>(
        std::unordered_map<std::string, std::string>(notes.begin(), notes.end())));
    const std::string path = fmt::format("/days/{}.parquet", notes.size());
    engine_.WriteParquet(path, *noted, 100);
    const auto table = engine_.AddParquet("days", path);
    const auto reader = Scan(table, SelectAll(*table->schema()));
    EXPECT_TRUE(reader.ok()) << reader.status();
    auto ids_only = SelectAll(*table->schema());
    ids_only.columns = {0};
    ids_only.output_names = {"id"};
    EXPECT_TRUE(*Scan(table, ids_only));
    return *reader != nullptr;
  };
  EXPECT_TRUE(scans_days({}));
  EXPECT_TRUE(scans_days({{"org.apache.spark.version", "3.5.0"}}));
  EXPECT_FALSE(scans_days({{"org.apache.spark.version", "2.4.8"}}));
  EXPECT_FALSE(
      scans_days({{"org.apache.spark.version", "3.5.0"}, {"org.apache.spark.legacyDateTime", ""}}));
}

TEST_F(DirectScanTest, PartitionColumnsAreTheValuesOfTheLog) {
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("part", arrow::utf8()),
                     arrow::field("text", arrow::utf8())});
  engine_.CreateDelta("parts", *schema, {"part"});
  engine_.AppendRows("parts", TableOf(schema, R"([{"id":1,"part":"a","text":"x"}])"));
  engine_.AppendRows("parts", TableOf(schema, R"([{"id":2,"part":null,"text":"y"}])"));
  const auto table = engine_.AddDelta("parts");
  const auto reader = Scan(table, SelectAll(*table->schema()));
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE(*reader);
  const auto rows = (*reader)->ToTable().ValueOrDie();
  const auto expected =
      TableOf(schema, R"([{"id":1,"part":"a","text":"x"},{"id":2,"part":null,"text":"y"}])");
  EXPECT_TRUE(rows->CombineChunks().ValueOrDie()->Equals(*expected->CombineChunks().ValueOrDie()))
      << rows->ToString();
  engine_.DeleteRows("parts", 0, {0});
  const auto fewer = engine_.AddDelta("parts");
  EXPECT_FALSE(Scan(fewer, SelectAll(*fewer->schema())).ValueOrDie());
}

TEST_F(DirectScanTest, EngineReadsColumnsThatAreFoundByTheirIds) {
  const auto stored = [](const std::string& name, const std::string& id) {
    return arrow::field(name, arrow::int64(), true,
                        arrow::key_value_metadata({"PARQUET:field_id"}, {id}));
  };
  arrow::Int64Builder ones, twos;
  ASSERT_TRUE(ones.Append(1).ok());
  ASSERT_TRUE(twos.Append(2).ok());
  // The names in the file are those of the other column.
  const auto size = engine_.WriteParquet(
      "/ids/f.parquet", *arrow::Table::Make(arrow::schema({stored("two", "1"), stored("one", "2")}),
                                            {*ones.Finish(), *twos.Finish()}));
  const auto column = [](const std::string& name, int id) {
    return fmt::format(
        R"({{\"name\":\"{}\",\"type\":\"long\",\"nullable\":true,\"metadata\":)"
        R"({{\"delta.columnMapping.id\":{},\"delta.columnMapping.physicalName\":\"{}\"}}}})",
        name, id, name);
  };
  ASSERT_TRUE(
      engine_.store
          ->Put("/ids/_delta_log/00000000000000000000.json",
                fmt::format(R"({{"protocol":{{"minReaderVersion":2,"minWriterVersion":5}}}})"
                            "\n"
                            R"({{"metaData":{{"id":"m","format":{{"provider":"parquet"}},)"
                            R"("schemaString":"{{\"type\":\"struct\",\"fields\":[{},{}]}}",)"
                            R"("partitionColumns":[],"configuration":)"
                            R"({{"delta.columnMapping.mode":"id",)"
                            R"("delta.columnMapping.maxColumnId":"2"}}}}}})"
                            "\n"
                            R"({{"add":{{"path":"f.parquet","partitionValues":{{}},"size":{},)"
                            R"("modificationTime":0,"dataChange":true}}}})",
                            column("one", 1), column("two", 2), size))
          .ok());
  const auto table = engine_.AddDelta("ids");
  EXPECT_FALSE(Scan(table, SelectAll(*table->schema())).ValueOrDie());
  const auto rows = engine_.Run(table, SelectAll(*table->schema()));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(Integers(**rows, 0), std::vector<int64_t>{1});
  EXPECT_EQ(Integers(**rows, 1), std::vector<int64_t>{2});
}

TEST_F(DirectScanTest, BytesThatAreNoTextAreAnErrorThatNamesFileAndColumn) {
  arrow::StringBuilder names;
  ASSERT_TRUE(names.Append("\xC3(").ok());
  engine_.WriteParquet(
      "/bad/0.parquet",
      *arrow::Table::Make(arrow::schema({arrow::field("name", arrow::utf8())}), {*names.Finish()}));
  const auto table = engine_.AddParquet("bad", "/bad/0.parquet");
  const auto rows = engine_.Run(table, SelectAll(*table->schema()));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(CodeOf(rows.status()), ErrorCode::kCorruptTable);
  EXPECT_THAT(rows.status().message(), HasSubstr("/bad/0.parquet"));
  EXPECT_THAT(rows.status().message(), HasSubstr("'name'"));
}

TEST_F(DirectScanTest, CancelledScanEndsWithTheReason) {
  const auto table = AddRows();
  const CancelToken token;
  const auto reader = Scan(table, SelectAll(*table->schema()), token);
  ASSERT_TRUE(reader.ok()) << reader.status();
  token.Cancel(Error(ErrorCode::kCancelled, "enough"));
  const auto batch = (*reader)->Next();
  ASSERT_FALSE(batch.ok());
  EXPECT_THAT(batch.status().message(), HasSubstr("enough"));
}

TEST_F(DirectScanTest, ReplacedFileIsAnErrorThatNamesIt) {
  const auto table = AddRows();
  engine_.WriteParquet("/rows/1.parquet", *Rows(0, 500), 20'000);
  const auto reader = Scan(table, SelectAll(*table->schema()));
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(CodeOf(reader.status()), ErrorCode::kCorruptTable);
  EXPECT_THAT(reader.status().message(), HasSubstr("'/rows/1.parquet'"));
}

}  // namespace
}  // namespace deltaport::engine
