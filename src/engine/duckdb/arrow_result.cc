#include "engine/duckdb/arrow_result.h"

#include <arrow/array/util.h>
#include <arrow/c/bridge.h>
#include <arrow/compute/cast.h>
#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/common/arrow/arrow_converter.hpp>

#include "engine/duckdb/error_translation.h"

namespace deltaport::engine {
namespace {

// Batches of a few megabytes stay in caches and in memory that the allocator has at hand.
constexpr int64_t kBatchRows = 16 * 1024;
constexpr int64_t kBatchBytes = 4 << 20;

// The same buffers mean the same under both types (field names and nullability aside).
bool SameLayout(const arrow::DataType& a, const arrow::DataType& b) {
  if (a.Equals(b)) return true;
  if (a.id() != b.id() || a.num_fields() != b.num_fields()) return false;
  switch (a.id()) {
    case arrow::Type::LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      break;
    default:
      return false;
  }
  for (int i = 0; i < a.num_fields(); ++i) {
    if (!SameLayout(*a.field(i)->type(), *b.field(i)->type())) return false;
  }
  return true;
}

std::shared_ptr<arrow::ArrayData> WithType(const arrow::ArrayData& data,
                                           const std::shared_ptr<arrow::DataType>& type) {
  auto copy = std::make_shared<arrow::ArrayData>(data);
  copy->type = type;
  for (size_t i = 0; i < copy->child_data.size(); ++i) {
    copy->child_data[i] = WithType(*copy->child_data[i], type->field(static_cast<int>(i))->type());
  }
  return copy;
}

std::shared_ptr<arrow::DataType> DefaultType(const std::shared_ptr<arrow::DataType>& produced,
                                             const duckdb::LogicalType& type) {
  return type.id() == duckdb::LogicalTypeId::HUGEINT ? arrow::int64() : produced;
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> Retype(const std::shared_ptr<arrow::Array>& array,
                                             const std::shared_ptr<arrow::DataType>& type) {
  if (array->type()->Equals(*type)) return array;
  // Columns of nothing but nulls run through DuckDB as numbers.
  if (type->id() == arrow::Type::NA) return arrow::MakeArrayOfNull(type, array->length());
  if (SameLayout(*array->type(), *type)) return arrow::MakeArray(WithType(*array->data(), type));
  const auto id = type->id();
  if (array->type_id() == id &&
      (id == arrow::Type::LIST || id == arrow::Type::STRUCT || id == arrow::Type::MAP)) {
    auto data = std::make_shared<arrow::ArrayData>(*array->data());
    data->type = type;
    for (size_t i = 0; i < data->child_data.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(const auto child, Retype(arrow::MakeArray(data->child_data[i]),
                                                     type->field(static_cast<int>(i))->type()));
      data->child_data[i] = child->data();
    }
    return arrow::MakeArray(data);
  }
  auto cast = arrow::compute::Cast(*array, type);
  if (cast.ok()) return cast;
  return Error(ErrorCode::kInvalidArgument, "a value does not fit {}: {}", type->ToString(),
               cast.status().message());
}

Result<std::unique_ptr<ArrowResultBuilder>> ArrowResultBuilder::Make(
    const duckdb::QueryResult& result, std::shared_ptr<arrow::Schema> wanted) {
  auto builder = std::make_unique<ArrowResultBuilder>();
  builder->types_ = result.types;
  builder->properties_ = result.client_properties;
  builder->properties_.arrow_offset_size = duckdb::ArrowOffsetSize::REGULAR;
  ArrowSchema exported;
  duckdb::ArrowConverter::ToArrowSchema(&exported, result.types, result.names,
                                        builder->properties_);
  ARROW_ASSIGN_OR_RAISE(builder->produced_, arrow::ImportSchema(&exported));
  if (!wanted) {
    arrow::FieldVector fields;
    for (size_t i = 0; i < result.types.size(); ++i) {
      const auto& field = builder->produced_->field(static_cast<int>(i));
      fields.push_back(arrow::field(result.names[i], DefaultType(field->type(), result.types[i])));
    }
    wanted = arrow::schema(std::move(fields));
  }
  if (wanted->num_fields() != builder->produced_->num_fields()) {
    return Error(ErrorCode::kInternal, "the result has {} columns, {} were expected",
                 builder->produced_->num_fields(), wanted->num_fields());
  }
  builder->schema_ = std::move(wanted);
  return builder;
}

bool ArrowResultBuilder::full() const { return rows_ >= kBatchRows || bytes_ >= kBatchBytes; }

Status ArrowResultBuilder::Append(duckdb::DataChunk& chunk) {
  if (!appender_) {
    appender_ = duckdb::make_uniq<duckdb::ArrowAppender>(
        types_, chunk.size(), properties_,
        std::unordered_map<duckdb::idx_t,
                           const duckdb::shared_ptr<duckdb::ArrowTypeExtensionData>>());
  }
  appender_->Append(chunk, 0, chunk.size(), chunk.size());
  rows_ += static_cast<int64_t>(chunk.size());
  bytes_ += static_cast<int64_t>(chunk.GetAllocationSize());
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> ArrowResultBuilder::Finish() {
  auto exported = appender_->Finalize();
  appender_.reset();
  rows_ = 0;
  bytes_ = 0;
  ARROW_ASSIGN_OR_RAISE(const auto batch, arrow::ImportRecordBatch(&exported, produced_));
  arrow::ArrayVector columns;
  for (int i = 0; i < batch->num_columns(); ++i) {
    auto column = Retype(batch->column(i), schema_->field(i)->type());
    ARROW_RETURN_NOT_OK(
        WithContext(column.status(), fmt::format("column '{}'", schema_->field(i)->name())));
    columns.push_back(*std::move(column));
  }
  return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
}

}  // namespace deltaport::engine
