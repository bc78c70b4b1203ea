#include "engine/engine_test_support.h"

#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "delta/action_json.h"
#include "delta/deletion_vector.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/table_write.h"

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

void TestEngine::CreateDelta(const std::string& name, const arrow::Schema& schema,
                             const std::vector<std::string>& partition_columns) {
  const auto created = delta::CreateTable({store, "/" + name}, schema, {partition_columns, {}});
  EXPECT_TRUE(created.ok()) << created.status();
}

void TestEngine::AppendRows(const std::string& name, const std::shared_ptr<arrow::Table>& rows,
                            int64_t row_group_rows) {
  arrow::TableBatchReader reader(rows);
  delta::WriteOptions options;
  options.files.row_group_rows = row_group_rows;
  const auto appended = delta::Append({store, "/" + name}, reader, options, CancelToken());
  EXPECT_TRUE(appended.ok()) << appended.status();
}

std::string TestEngine::DeleteRows(const std::string& name, size_t file,
                                   const std::vector<int64_t>& rows) {
  const storage::Location location{store, "/" + name};
  const auto snapshot = delta::Snapshot::Open(location).ValueOrDie();
  delta::AddFile add = snapshot->files().file(file).ValueOrDie();
  delta::RemoveFile remove;
  remove.path = add.path;
  remove.partition_values = add.partition_values;
  remove.deletion_vector = add.deletion_vector;
  delta::DeletedRows deleted;
  if (add.deletion_vector) {
    deleted = **delta::ReadDeletionVector(location, *add.deletion_vector);
  }
  deleted.Add(rows);
  auto writer = delta::DeletionVectorWriter::Create(location).ValueOrDie();
  add.deletion_vector = writer.Append(deleted).ValueOrDie();
  EXPECT_TRUE(writer.Close().ok());
  const std::string commit = delta::ActionToJson(remove) + "\n" + delta::ActionToJson(add) + "\n";
  const auto path = delta::CommitPath(location.path, snapshot->version() + 1);
  EXPECT_TRUE(store->Put(path, commit).ok());
  return writer.path();
}

std::shared_ptr<const TableSource> TestEngine::AddDelta(const std::string& name) {
  auto source = std::make_shared<TableSource>();
  source->name = name;
  auto snapshot = delta::Snapshot::Open({store, "/" + name});
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  if (snapshot.ok()) source->files = *snapshot;
  tables->Add(source);
  store->opened.clear();
  return source;
}

Result<std::shared_ptr<arrow::Table>> TestEngine::Internal(const InternalQuery& query,
                                                           const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, engine->ExecuteInternal(query, token));
  return reader->ToTable();
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

std::string OneCell(const Result<std::shared_ptr<arrow::Table>>& result) {
  if (!result.ok()) return result.status().message();
  if ((*result)->num_rows() != 1 || (*result)->num_columns() != 1) return (*result)->ToString();
  return (*result)->column(0)->GetScalar(0).ValueOrDie()->ToString();
}

std::vector<int64_t> Integers(const arrow::Table& table, int column) {
  std::vector<int64_t> values;
  for (const auto& chunk : table.column(column)->chunks()) {
    const auto& integers = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < integers.length(); ++i) values.push_back(integers.Value(i));
  }
  return values;
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
