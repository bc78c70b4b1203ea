#include "engine/direct_scan.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <arrow/array/util.h>

#include "columnar/parquet_scan.h"
#include "columnar/read_ahead.h"

namespace deltaport::engine {
namespace {

// The footers of all files are read before the first row.
constexpr size_t kDirectFilesMax = 64;
constexpr int64_t kDirectBatchRows = 32 * 1024;

bool NamesColumnsOnly(const BoundQuery& query) {
  const std::set<int> distinct_columns(query.columns.begin(), query.columns.end());
  return !query.columns.empty() && distinct_columns.size() == query.columns.size() &&
         query.predicates.empty() && !query.grouped() && query.aggregations.empty() &&
         query.having.empty() && !query.distinct && query.order_by.empty() && !query.limit &&
         query.offset == 0;
}

// Where one column of the result comes from: a field of the file, or the value that it has there.
struct ColumnOrigin {
  std::optional<int> field;
  std::shared_ptr<arrow::Array> values;  // One slot a file.
};

// The files one after the other.
class FileRows final : public arrow::RecordBatchReader {
 public:
  FileRows(std::shared_ptr<const TableSource> table, std::shared_ptr<TableFiles> files,
           std::shared_ptr<arrow::Schema> schema, std::vector<std::vector<ColumnOrigin>> origins)
      : table_(std::move(table)),
        files_(std::move(files)),
        schema_(std::move(schema)),
        origins_(std::move(origins)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    while (rows_ || next_file_ < origins_.size()) {
      if (!rows_) ARROW_RETURN_NOT_OK(OpenNext());
      ARROW_ASSIGN_OR_RAISE(const auto read, rows_->Next());
      if (read) return Complete(*read).Value(batch);
      rows_ = nullptr;
    }
    return Status::OK();
  }

 private:
  Status OpenNext() {
    ARROW_ASSIGN_OR_RAISE(auto open, files_->Open(*table_, next_file_));
    std::vector<int> fields;
    for (const auto& origin : origins_[next_file_]) {
      if (origin.field) fields.push_back(*origin.field);
    }
    ARROW_ASSIGN_OR_RAISE(
        rows_, columnar::ScanParquet(open.footer, std::move(open.file), fields, kDirectBatchRows));
    ++next_file_;
    return Status::OK();
  }

  // With the columns that the file does not hold.
  Result<std::shared_ptr<arrow::RecordBatch>> Complete(const arrow::RecordBatch& read) const {
    arrow::ArrayVector columns;
    int next = 0;
    const auto file = static_cast<int64_t>(next_file_) - 1;
    for (const auto& origin : origins_[next_file_ - 1]) {
      if (origin.field) {
        columns.push_back(read.column(next++));
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(const auto value, origin.values->GetScalar(file));
      ARROW_ASSIGN_OR_RAISE(auto repeated, arrow::MakeArrayFromScalar(*value, read.num_rows()));
      columns.push_back(std::move(repeated));
    }
    return arrow::RecordBatch::Make(schema_, read.num_rows(), std::move(columns));
  }

  const std::shared_ptr<const TableSource> table_;
  const std::shared_ptr<TableFiles> files_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::vector<ColumnOrigin>> origins_;  // Of each file.
  size_t next_file_ = 0;
  std::shared_ptr<arrow::RecordBatchReader> rows_;  // Of the file before that.
};

// Decodes while the batch before is used.
class RowsAhead final : public arrow::RecordBatchReader {
 public:
  RowsAhead(std::shared_ptr<arrow::RecordBatchReader> rows, const CancelToken& token)
      : token_(token), rows_(std::move(rows)), ahead_(*rows_, token) {}

  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(token_.Check());
    return ahead_.Next().Value(batch);
  }

 private:
  const CancelToken token_;
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  columnar::ReadAhead ahead_;  // Last: it uses the rows.
};

// Nullopt if an engine must read the file.
Result<std::optional<std::vector<ColumnOrigin>>> OriginsIn(const TableSource& table,
                                                           const std::vector<int>& columns,
                                                           TableFiles& files, size_t file) {
  std::optional<std::vector<ColumnOrigin>> origins;
  if (HasDeletedRows(table, file)) return origins;
  ARROW_ASSIGN_OR_RAISE(const auto open, files.Open(table, file));
  std::vector<ColumnOrigin> found;
  bool any_stored = false;
  for (const int column : columns) {
    const auto& field = *table.schema()->field(column);
    ColumnOrigin origin{StoredField(table, *open.footer, field.name()), nullptr};
    if (!origin.field) {
      ARROW_ASSIGN_OR_RAISE(origin.values, FilePartitionValues(table, field.name()));
      if (!origin.values || !origin.values->type()->Equals(field.type())) return origins;
    }
    any_stored = any_stored || origin.field;
    found.push_back(std::move(origin));
  }
  if (any_stored) origins = std::move(found);
  return origins;
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> ScanDirectly(
    const std::shared_ptr<const TableSource>& table, const BoundQuery& query,
    const std::shared_ptr<TableFiles>& files, const CancelToken& token) {
  std::shared_ptr<arrow::RecordBatchReader> engine_instead;
  const size_t file_count = FileCount(*table);
  if (!NamesColumnsOnly(query) || file_count == 0 || file_count > kDirectFilesMax)
    return engine_instead;
  std::vector<std::vector<ColumnOrigin>> origins;
  for (size_t file = 0; file < file_count; ++file) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_ASSIGN_OR_RAISE(auto of_file, OriginsIn(*table, query.columns, *files, file));
    if (!of_file) return engine_instead;
    origins.push_back(*std::move(of_file));
  }
  arrow::FieldVector fields;
  for (size_t i = 0; i < query.columns.size(); ++i) {
    const auto& field = table->schema()->field(query.columns[i]);
    fields.push_back(field->WithName(query.output_names[i]));
  }
  auto rows = std::make_shared<FileRows>(table, files, arrow::schema(std::move(fields)),
                                         std::move(origins));
  return std::make_shared<RowsAhead>(std::move(rows), token);
}

}  // namespace deltaport::engine
