// Scans of Delta snapshots: constants, columns that files lack, pruning by statistics.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

using ::testing::HasSubstr;

constexpr char kProtocol[] =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
    "\n"
    R"({"metaData":{"id":"m","format":{"provider":"parquet","options":{}},"schemaString":)"
    R"("{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,)"
    R"(\"metadata\":{}},{\"name\":\"part\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},)"
    R"({\"name\":\"late\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}",)"
    R"("partitionColumns":["part"],"configuration":{}}})"
    "\n";

// Three files of ten rows: ids 0 to 29, parts "p0" to "p2".
struct DeltaTable {
  explicit DeltaTable(bool with_statistics = true) {
    std::string log = kProtocol;
    for (int i = 0; i < 3; ++i) {
      arrow::Int64Builder ids;
      for (int64_t n = 0; n < 10; ++n) EXPECT_TRUE(ids.Append(i * 10 + n).ok());
      const auto rows =
          arrow::Table::Make(arrow::schema({arrow::field("id", arrow::int64())}),
                             std::vector<std::shared_ptr<arrow::Array>>{*ids.Finish()});
      const auto name = fmt::format("part=p{}/f.parquet", i);
      const auto size = test.WriteParquet("/d/" + name, *rows);
      const auto stats = fmt::format(
          R"(,"stats":"{{\"numRecords\":10,\"minValues\":{{\"id\":{}}},\"maxValues\":{{\"id\":{}}})"
          R"(,\"nullCount\":{{\"id\":0}}}}")",
          i * 10, i * 10 + 9);
      log += fmt::format(R"({{"add":{{"path":"{}","partitionValues":{{"part":"p{}"}},"size":{},)"
                         R"("modificationTime":0,"dataChange":true{}}}}})"
                         "\n",
                         name, i, size, with_statistics ? stats : "");
    }
    EXPECT_TRUE(test.store->Put("/d/_delta_log/00000000000000000000.json", log).ok());
    auto source = std::make_shared<TableSource>();
    source->name = "d";
    auto snapshot = delta::Snapshot::Open({test.store, "/d"});
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    if (snapshot.ok()) source->files = *snapshot;
    test.tables->Add(source);
    test.store->opened.clear();
  }

  std::string Sql(const std::string& text) {
    const auto result = test.Sql(text);
    if (!result.ok()) return result.status().message();
    return (*result)->column(0)->GetScalar(0).ValueOrDie()->ToString();
  }

  TestEngine test;
};

TEST(SnapshotScanTest, CountComesFromTheLog) {
  DeltaTable table;
  EXPECT_EQ(table.Sql("select count(*) from d"), "30");
  EXPECT_EQ(table.test.store->opened.size(), 0u);
}

TEST(SnapshotScanTest, StatisticsPruneFiles) {
  DeltaTable table;
  EXPECT_EQ(table.Sql("select sum(id) from d where id >= 25"), "135");
  EXPECT_EQ(table.test.store->opened.size(), 1u);
  EXPECT_EQ(table.Sql("select count(*) from d where id = 77"), "0");
  EXPECT_EQ(table.test.store->opened.size(), 1u);
}

TEST(SnapshotScanTest, PartitionValuesPruneFilesAndAreColumns) {
  DeltaTable table;
  EXPECT_EQ(table.Sql("select sum(id) || part from d where part = 'p1' group by part"), "145p1");
  EXPECT_EQ(table.test.store->opened.size(), 1u);
}

TEST(SnapshotScanTest, ColumnYoungerThanTheFilesIsNull) {
  DeltaTable table;
  EXPECT_EQ(table.Sql("select count(*) from d where late is null"), "30");
}

TEST(SnapshotScanTest, TableWithoutStatisticsIsRead) {
  DeltaTable table(false);
  EXPECT_EQ(table.Sql("select count(*) from d"), "30");
  EXPECT_EQ(table.Sql("select sum(id) from d where id >= 25"), "135");
}

TEST(SnapshotScanTest, MissingFileOfTheLogIsNamed) {
  DeltaTable table;
  ASSERT_TRUE(table.test.store->Remove("/d/part=p2/f.parquet").ok());
  EXPECT_THAT(table.Sql("select sum(id) from d"),
              HasSubstr("'/d/part=p2/f.parquet' is in the log but missing"));
  EXPECT_EQ(table.Sql("select sum(id) from d where part = 'p0'"), "45");
}

}  // namespace
}  // namespace deltaport::engine
