#include "lake/write/plain_file.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include <arrow/array/array_primitive.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>

#include "base/letter_case.h"
#include "columnar/delta_schema.h"
#include "columnar/parquet_file.h"
#include "delta/deletion_vector.h"
#include "delta/live_files.h"
#include "delta/table_properties.h"

namespace deltaport::lake {
namespace {

constexpr int64_t kRowBatchBytes = int64_t{4} << 20;
constexpr int64_t kValueBytesGuess = 16;
constexpr int64_t kBatchRowsMin = 1024;
constexpr int64_t kBatchRowsMax = 32 * 1024;

bool IsPlain(const arrow::Field& field) {
  const auto id = field.type()->id();
  return !arrow::is_nested(id) && id != arrow::Type::NA && !columnar::IsVariant(field);
}

// Texts and bytes may have offsets of other sizes.
bool Holds(const arrow::DataType& stored, const arrow::DataType& wanted) {
  switch (stored.id()) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return wanted.id() == arrow::Type::STRING;
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return wanted.id() == arrow::Type::BINARY;
    default:
      return stored.Equals(wanted);
  }
}

// Old versions of Spark wrote days of another calendar, and note it.
bool HasOldDays(const columnar::ParquetFile& file) {
  const auto version = file.Note("org.apache.spark.version");
  return version && (*version < "3.1.0" || file.Note("org.apache.spark.legacyDateTime") ||
                     file.Note("org.apache.spark.legacyINT96"));
}

int64_t BatchRows(int columns) {
  return std::clamp(kRowBatchBytes / (kValueBytesGuess * std::max(columns, 1)), kBatchRowsMin,
                    kBatchRowsMax);
}

Result<std::shared_ptr<arrow::Array>> NumbersFrom(int64_t first, int64_t count) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> numbers,
                        arrow::AllocateBuffer(count * static_cast<int64_t>(sizeof(int64_t))));
  auto* const begin = numbers->mutable_data_as<int64_t>();
  std::iota(begin, begin + count, first);
  return std::make_shared<arrow::Int64Array>(count, std::move(numbers));
}

Result<std::shared_ptr<arrow::RecordBatch>> WithoutRows(
    const std::shared_ptr<arrow::RecordBatch>& batch, const delta::DeletedRows& deleted,
    int64_t first_row) {
  if (deleted.CountIn(first_row, first_row + batch->num_rows()) == 0) return batch;
  arrow::BooleanBuilder kept;
  ARROW_RETURN_NOT_OK(kept.Reserve(batch->num_rows()));
  for (int64_t row = 0; row < batch->num_rows(); ++row) {
    kept.UnsafeAppend(!deleted.Contains(first_row + row));
  }
  ARROW_ASSIGN_OR_RAISE(const auto mask, kept.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto filtered, arrow::compute::Filter(batch, mask));
  return filtered.record_batch();
}

}  // namespace

struct PlainFiles::OpenFile {
  std::unique_ptr<columnar::ParquetFile> parquet;
  std::shared_ptr<arrow::RecordBatchReader> batches;
  std::shared_ptr<const delta::DeletedRows> deleted;  // May be null.
};

Result<std::shared_ptr<const PlainFiles>> PlainFiles::Of(
    std::shared_ptr<const delta::Snapshot> table) {
  ARROW_ASSIGN_OR_RAISE(const auto properties, delta::TableProperties::Of(table->metadata()));
  if (properties.column_mapping_mode == delta::ColumnMappingMode::kId) return nullptr;
  std::shared_ptr<PlainFiles> files(new PlainFiles());
  arrow::FieldVector fields{arrow::field("row", arrow::int64())};
  for (int i = 0; i < table->schema()->num_fields(); ++i) {
    const auto& field = table->schema()->field(i);
    if (!IsPlain(*field)) return nullptr;
    Source source;
    if (table->IsPartitionColumn(i)) {
      ARROW_ASSIGN_OR_RAISE(source.by_file, table->PartitionValues(i));
    } else {
      source.stored_name = table->PhysicalName(i);
      // In a path of names such a column looks like the member of another one.
      if (source.stored_name.find('.') != std::string::npos) return nullptr;
      files->stored_names_.insert(source.stored_name);
    }
    files->sources_.push_back(std::move(source));
    fields.push_back(field);
  }
  files->schema_ = arrow::schema(std::move(fields));
  files->table_ = std::move(table);
  return files;
}

bool PlainFiles::Fits(const arrow::Schema& file) const {
  std::unordered_map<std::string, int> alike;  // Names that differ only in case count as one.
  for (const auto& field : file.fields()) ++alike[LowerCase(field->name())];
  bool any = false;
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].by_file) continue;
    const auto known = alike.find(LowerCase(sources_[i].stored_name));
    if (known == alike.end()) continue;  // Null in all rows.
    const int found = file.GetFieldIndex(sources_[i].stored_name);
    if (known->second > 1 || found < 0) return false;
    if (!Holds(*file.field(found)->type(), *schema_->field(static_cast<int>(i) + 1)->type())) {
      return false;
    }
    any = true;
  }
  return any;
}

Result<std::optional<PlainFiles::OpenFile>> PlainFiles::Open(size_t file) const {
  columnar::ParquetFileOptions options;
  options.batch_rows = BatchRows(schema_->num_fields());
  auto parquet =
      columnar::ParquetFile::Open(*table_->location().store, table_->FilePath(file), options);
  if (!parquet.ok() || HasOldDays(**parquet)) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const auto schema, (*parquet)->Schema());
  if (!Fits(*schema)) return std::nullopt;
  OpenFile open;
  open.parquet = *std::move(parquet);
  ARROW_ASSIGN_OR_RAISE(open.batches, open.parquet->Read([&](std::string_view leaf) {
    return stored_names_.contains(std::string(leaf));
  }));
  const auto* extras = table_->files().extras(file);
  if (extras && extras->deletion_vector) {
    ARROW_ASSIGN_OR_RAISE(open.deleted,
                          delta::ReadDeletionVector(table_->location(), *extras->deletion_vector));
  }
  return open;
}

Result<std::shared_ptr<arrow::RecordBatch>> PlainFiles::Complete(
    size_t file, int64_t first_row, const arrow::RecordBatch& read) const {
  arrow::ArrayVector columns;
  ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), NumbersFrom(first_row, read.num_rows()));
  for (size_t i = 0; i < sources_.size(); ++i) {
    const auto& type = schema_->field(static_cast<int>(i) + 1)->type();
    std::shared_ptr<arrow::Array> column;
    if (const auto& values = sources_[i].by_file) {
      ARROW_ASSIGN_OR_RAISE(const auto value, values->GetScalar(static_cast<int64_t>(file)));
      ARROW_ASSIGN_OR_RAISE(column, arrow::MakeArrayFromScalar(*value, read.num_rows()));
    } else if (column = read.GetColumnByName(sources_[i].stored_name); !column) {
      ARROW_ASSIGN_OR_RAISE(column, arrow::MakeArrayOfNull(type, read.num_rows()));
    } else if (!column->type()->Equals(type)) {
      ARROW_ASSIGN_OR_RAISE(column, arrow::compute::Cast(*column, type));
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema_, read.num_rows(), std::move(columns));
}

Result<bool> PlainFiles::Read(size_t file, const Take& take, const CancelToken& token) const {
  ARROW_ASSIGN_OR_RAISE(const auto open, Open(file));
  if (!open) return false;
  int64_t row = 0;
  while (true) {
    ARROW_RETURN_NOT_OK(token.Check());
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(open->parquet->Explain(open->batches->ReadNext(&batch)));
    if (!batch) return true;
    const int64_t first_row = std::exchange(row, row + batch->num_rows());
    ARROW_ASSIGN_OR_RAISE(batch, Complete(file, first_row, *batch));
    if (open->deleted) {
      ARROW_ASSIGN_OR_RAISE(batch, WithoutRows(batch, *open->deleted, first_row));
    }
    if (batch->num_rows() > 0) ARROW_RETURN_NOT_OK(take(std::move(batch)));
  }
}

}  // namespace deltaport::lake
