#include "delta/table_test_support.h"

#include <gtest/gtest.h>

#include "columnar/json_document.h"
#include "delta/log_path.h"

namespace deltaport::delta {

std::string MetadataLine(std::string_view fields, std::string_view partition_columns,
                         std::string_view configuration) {
  std::string schema;
  columnar::AppendQuotedJson(fmt::format(R"({{"type":"struct","fields":{}}})", fields), schema);
  return fmt::format(
      R"({{"metaData":{{"id":"t","format":{{"provider":"parquet","options":{{}}}},)"
      R"("schemaString":{},"partitionColumns":{},"configuration":{},"createdTime":1}}}})",
      schema, partition_columns, configuration);
}

std::string FieldJson(std::string_view name, std::string_view type) {
  return fmt::format(R"({{"name":"{}","type":"{}","nullable":true,"metadata":{{}}}})", name, type);
}

std::string AddLine(std::string_view path, std::string_view more) {
  return fmt::format(
      R"({{"add":{{"path":"{}","partitionValues":{{}},"size":10,"modificationTime":1,)"
      R"("dataChange":true{}}}}})",
      path, more);
}

std::string RemoveLine(std::string_view path) {
  return fmt::format(R"({{"remove":{{"path":"{}","deletionTimestamp":1,"dataChange":true}}}})",
                     path);
}

TestTable::TestTable() : store_(std::make_shared<storage::MemoryStore>()) {
  location_ = {store_, "/table"};
}

void TestTable::Commit(TableVersion version, std::string_view text) {
  EXPECT_TRUE(store_->Put(CommitPath(location_.path, version), text).ok());
}

void TestTable::CommitFirst() {
  const std::string fields =
      fmt::format("[{},{}]", FieldJson("id", "long"), FieldJson("name", "string"));
  Commit(0, fmt::format("{}\n{}\n", kProtocolLine, MetadataLine(fields)));
}

}  // namespace deltaport::delta
