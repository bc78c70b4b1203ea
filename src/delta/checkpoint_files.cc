#include "delta/checkpoint_files.h"

#include <arrow/array/util.h>
#include <arrow/compute/cast.h>

#include "delta/checkpoint_columns.h"

namespace deltaport::delta {
namespace {

// The child column with nulls where its parent is null, as `type`; null if there is no such child.
Result<std::shared_ptr<arrow::Array>> Child(const arrow::StructArray& adds, const char* name,
                                            const std::shared_ptr<arrow::DataType>& type) {
  const int index = adds.struct_type()->GetFieldIndex(name);
  if (index < 0) return nullptr;
  ARROW_ASSIGN_OR_RAISE(auto child, adds.GetFlattenedField(index));
  if (child->type()->Equals(*type)) return child;
  const bool same_kind = arrow::is_integer(type->id()) ? arrow::is_integer(child->type_id())
                                                       : !arrow::is_nested(child->type_id()) &&
                                                             !arrow::is_numeric(child->type_id());
  const auto cast = same_kind ? arrow::compute::Cast(*child, type)
                              : Result<std::shared_ptr<arrow::Array>>(arrow::Status::TypeError(""));
  if (!cast.ok()) {
    return Error(ErrorCode::kCorruptTable, "the column add.{} must be {}, not {}", name,
                 type->ToString(), child->type()->ToString());
  }
  return cast;
}

template <typename ArrayType>
Result<std::shared_ptr<ArrayType>> TypedChild(const arrow::StructArray& adds, const char* name,
                                              const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto child, Child(adds, name, type));
  if (child == nullptr) {
    ARROW_ASSIGN_OR_RAISE(child, arrow::MakeArrayOfNull(type, adds.length()));
  }
  return std::static_pointer_cast<ArrayType>(child);
}

}  // namespace

bool CheckpointPathBuilder::Wants(std::string_view leaf) {
  return leaf == "add.path" || leaf == "add.size" || leaf == "add.modificationTime";
}

Status CheckpointPathBuilder::Reserve(int64_t rows, int64_t path_bytes) {
  ARROW_RETURN_NOT_OK(path_.Reserve(rows));
  ARROW_RETURN_NOT_OK(path_.ReserveData(path_bytes));
  ARROW_RETURN_NOT_OK(size_bytes_.Reserve(rows));
  return modification_time_ms_.Reserve(rows);
}

Status CheckpointPathBuilder::Append(const arrow::RecordBatch& batch) {
  Status status;
  const ActionColumns adds(batch, "add", status);
  ARROW_RETURN_NOT_OK(status);
  const int64_t rows = batch.num_rows();
  if (adds.array() == nullptr) {
    ARROW_RETURN_NOT_OK(path_.AppendNulls(rows));
    ARROW_RETURN_NOT_OK(size_bytes_.AppendNulls(rows));
    return modification_time_ms_.AppendNulls(rows);
  }
  const arrow::StructArray& array = *adds.array();
  ARROW_ASSIGN_OR_RAISE(const auto paths,
                        TypedChild<arrow::LargeStringArray>(array, "path", arrow::large_utf8()));
  ARROW_ASSIGN_OR_RAISE(const auto sizes,
                        TypedChild<arrow::Int64Array>(array, "size", arrow::int64()));
  ARROW_ASSIGN_OR_RAISE(const auto times,
                        TypedChild<arrow::Int64Array>(array, "modificationTime", arrow::int64()));
  if (paths->null_count() != array.null_count()) {
    return Error(ErrorCode::kCorruptTable, "add.path is missing");
  }
  ARROW_RETURN_NOT_OK(path_.AppendArraySlice(*paths->data(), 0, rows));
  ARROW_RETURN_NOT_OK(size_bytes_.AppendArraySlice(*sizes->data(), 0, rows));
  return modification_time_ms_.AppendArraySlice(*times->data(), 0, rows);
}

Status CheckpointPathBuilder::Finish(FileColumns& columns) {
  ARROW_RETURN_NOT_OK(path_.Finish(&columns.path));
  ARROW_RETURN_NOT_OK(size_bytes_.Finish(&columns.size_bytes));
  return modification_time_ms_.Finish(&columns.modification_time_ms);
}

bool CheckpointDetailBuilder::Wants(std::string_view leaf) {
  for (const std::string_view name : {"add.partitionValues.", "add.tags.", "add.deletionVector."}) {
    if (leaf.starts_with(name)) return true;
  }
  return leaf == "add.baseRowId" || leaf == "add.defaultRowCommitVersion" ||
         leaf == "add.clusteringProvider";
}

Status CheckpointDetailBuilder::Append(const arrow::RecordBatch& batch) {
  Status status;
  const ActionColumns adds(batch, "add", status);
  ARROW_RETURN_NOT_OK(status);
  if (adds.array() != nullptr) {
    counts_files_ = true;
    files_ += batch.num_rows() - adds.array()->null_count();
    ARROW_RETURN_NOT_OK(AppendPartitionValues(adds, batch.num_rows()));
    AppendExtras(adds, batch.num_rows());
  }
  rows_ += batch.num_rows();
  return status;
}

Status CheckpointDetailBuilder::AppendPartitionValues(const ActionColumns& adds, int64_t rows) {
  const CheckpointValues column = adds["partitionValues"];
  const CheckpointMaps maps(column);
  Status status;
  for (int64_t row = 0; column.any() && row < rows && status.ok(); ++row) {
    if (!adds.present(row)) continue;
    size_t position = 0;
    maps.ForEachEntry(row, [&](std::string_view key, std::optional<std::string_view> value) {
      if (status.ok()) status = AppendPartitionValue(rows_ + row, position++, key, value);
    });
  }
  return status;
}

Status CheckpointDetailBuilder::AppendPartitionValue(int64_t row, size_t position,
                                                     std::string_view key,
                                                     std::optional<std::string_view> value) {
  arrow::LargeStringBuilder& values = *FindPartitionColumn(position, key).values;
  if (values.length() > row) return Status::OK();
  ARROW_RETURN_NOT_OK(values.AppendNulls(row - values.length()));
  return value ? values.Append(*value) : values.AppendNull();
}

CheckpointDetailBuilder::PartitionColumn& CheckpointDetailBuilder::FindPartitionColumn(
    size_t position, std::string_view key) {
  if (position < partition_columns_.size() && partition_columns_[position].key == key) {
    return partition_columns_[position];
  }
  for (auto& column : partition_columns_) {
    if (column.key == key) return column;
  }
  return partition_columns_.emplace_back(
      PartitionColumn{std::string(key), std::make_unique<arrow::LargeStringBuilder>()});
}

void CheckpointDetailBuilder::AppendExtras(const ActionColumns& adds, int64_t rows) {
  const CheckpointValues tags = adds["tags"];
  const CheckpointValues vector_parent = adds["deletionVector"];
  const DeletionVectorColumns vectors(vector_parent, adds.status());
  const CheckpointValues base_row_id = adds["baseRowId"];
  const CheckpointValues commit_version = adds["defaultRowCommitVersion"];
  const CheckpointValues clustering = adds["clusteringProvider"];
  if (!tags.any() && !vector_parent.any() && !base_row_id.any() && !commit_version.any() &&
      !clustering.any()) {
    return;
  }
  for (int64_t row = 0; row < rows && adds.status().ok(); ++row) {
    if (!adds.present(row)) continue;
    FileExtras extras{TextMap(tags, row), vectors.Read(row), base_row_id.integer(row),
                      commit_version.integer(row), clustering.text(row)};
    if (!extras.empty()) extras_.emplace(rows_ + row, std::move(extras));
  }
}

Status CheckpointDetailBuilder::Finish(FileColumns& columns) {
  if (rows_ != columns.path->length()) {
    return Error(ErrorCode::kCorruptTable, "the columns of add differ in length");
  }
  if (counts_files_ && files_ != rows_ - columns.path->null_count()) {
    return Error(ErrorCode::kCorruptTable, "add.path is missing");
  }
  for (auto& column : partition_columns_) {
    ARROW_RETURN_NOT_OK(column.values->AppendNulls(rows_ - column.values->length()));
    ARROW_RETURN_NOT_OK(column.values->Finish(&columns.partition_values[column.key]));
  }
  columns.extras = std::move(extras_);
  return Status::OK();
}

Result<std::shared_ptr<arrow::LargeStringArray>> CheckpointStatisticsTexts(
    const arrow::RecordBatch& batch) {
  Status status;
  const ActionColumns adds(batch, "add", status);
  ARROW_RETURN_NOT_OK(status);
  if (adds.array() == nullptr) {
    return Error(ErrorCode::kCorruptTable, "the column add.stats is missing");
  }
  return TypedChild<arrow::LargeStringArray>(*adds.array(), "stats", arrow::large_utf8());
}

Result<std::shared_ptr<arrow::StructArray>> CheckpointParsedStatistics(
    const arrow::RecordBatch& batch) {
  Status status;
  const ActionColumns adds(batch, "add", status);
  ARROW_RETURN_NOT_OK(status);
  if (adds.array() == nullptr) return nullptr;
  const int parsed = adds.array()->struct_type()->GetFieldIndex("stats_parsed");
  if (parsed < 0) return nullptr;
  ARROW_ASSIGN_OR_RAISE(const auto statistics, adds.array()->GetFlattenedField(parsed));
  if (statistics->type_id() != arrow::Type::STRUCT) {
    return Error(ErrorCode::kCorruptTable, "the column add.stats_parsed must be a struct, not {}",
                 statistics->type()->ToString());
  }
  return std::static_pointer_cast<arrow::StructArray>(statistics);
}

}  // namespace deltaport::delta
