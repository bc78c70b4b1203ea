#include "engine/engine_test_support.h"

#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

namespace deltaport::engine {
namespace {

std::string Lower(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

}  // namespace

void TestTables::Add(std::shared_ptr<const TableSource> table) {
  tables_[Lower(table->name)] = std::move(table);
}

Result<std::shared_ptr<const TableSource>> TestTables::Resolve(std::string_view name,
                                                               const delta::TimeTravel& at) const {
  {
    const std::lock_guard guard(lock_);
    asked.push_back(at);
  }
  const auto found = tables_.find(Lower(name));
  if (found == tables_.end()) return Error(ErrorCode::kNotFound, "no table '{}'", name);
  return found->second;
}

std::vector<std::string> TestTables::Names() const {
  std::vector<std::string> names;
  for (const auto& [key, table] : tables_) names.push_back(table->name);
  return names;
}

TestEngine::TestEngine(EngineOptions options) {
  if (options.threads == 0) options.threads = 2;
  engine = MakeDuckDbEngine(options).ValueOrDie();
}

int64_t TestEngine::WriteParquet(const std::string& path, const arrow::Table& table,
                                 int64_t row_group_rows) {
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, row_group_rows,
                                         parquet::default_writer_properties(), properties)
                  .ok());
  const auto bytes = sink->Finish().ValueOrDie();
  EXPECT_TRUE(store->Put(path, std::string_view(*bytes)).ok());
  return bytes->size();
}

std::shared_ptr<const TableSource> TestEngine::AddParquet(const std::string& name,
                                                          const std::string& pattern) {
  auto source = std::make_shared<TableSource>();
  source->name = name;
  auto files = OpenParquetFiles({store, pattern});
  EXPECT_TRUE(files.ok()) << files.status();
  if (files.ok()) source->files = *std::move(files);
  tables->Add(source);
  return source;
}

Result<std::shared_ptr<arrow::Table>> TestEngine::Sql(const std::string& text,
                                                      const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        engine->ExecuteSql({text, tables, SqlRight::kRead}, token));
  return reader->ToTable();
}

Result<std::shared_ptr<arrow::Table>> TestEngine::Run(
    const std::shared_ptr<const TableSource>& table, const BoundQuery& query,
    const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, engine->Execute(table, query, token));
  return reader->ToTable();
}

std::shared_ptr<arrow::Table> TableOf(const std::shared_ptr<arrow::Schema>& schema,
                                      const std::string& json_rows) {
  auto rows = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), json_rows);
  auto batch = arrow::RecordBatch::FromStructArray(rows.ValueOrDie()).ValueOrDie();
  return arrow::Table::FromRecordBatches(schema, {batch->ReplaceSchemaMetadata(nullptr)})
      .ValueOrDie();
}

BoundQuery SelectAll(const arrow::Schema& schema) {
  BoundQuery query;
  for (int i = 0; i < schema.num_fields(); ++i) {
    query.columns.push_back(i);
    query.output_names.push_back(schema.field(i)->name());
  }
  return query;
}

}  // namespace deltaport::engine
