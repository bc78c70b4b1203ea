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

// One column a key of the maps, filled row by row.
class PartitionColumns {
 public:
  explicit PartitionColumns(int64_t rows) : rows_(rows) {}

  // The entry at `position` of the row's map; files usually have the same keys in the same order.
  Status Append(int64_t row, size_t position, std::string_view key,
                std::optional<std::string_view> value) {
    Column& column = Find(position, key);
    if (column.values->length() > row) return Status::OK();
    ARROW_RETURN_NOT_OK(column.values->AppendNulls(row - column.values->length()));
    return value ? column.values->Append(*value) : column.values->AppendNull();
  }

  Status Finish(FileColumns& columns) {
    for (auto& column : columns_) {
      ARROW_RETURN_NOT_OK(column.values->AppendNulls(rows_ - column.values->length()));
      ARROW_RETURN_NOT_OK(column.values->Finish(&columns.partition_values[column.key]));
    }
    return Status::OK();
  }

 private:
  struct Column {
    std::string key;
    std::unique_ptr<arrow::LargeStringBuilder> values;
  };

  Column& Find(size_t position, std::string_view key) {
    if (position < columns_.size() && columns_[position].key == key) return columns_[position];
    for (auto& column : columns_) {
      if (column.key == key) return column;
    }
    return columns_.emplace_back(
        Column{std::string(key), std::make_unique<arrow::LargeStringBuilder>()});
  }

  int64_t rows_;
  std::vector<Column> columns_;
};

Status ReadPartitionValues(const ActionColumns& adds, FileColumns& columns) {
  const CheckpointValues column = adds["partitionValues"];
  const CheckpointMaps maps(column);
  PartitionColumns partitions(columns.path->length());
  Status status;
  for (int64_t row = 0; column.any() && row < columns.path->length() && status.ok(); ++row) {
    if (columns.path->IsNull(row)) continue;
    size_t position = 0;
    maps.ForEachEntry(row, [&](std::string_view key, std::optional<std::string_view> value) {
      if (status.ok()) status = partitions.Append(row, position++, key, value);
    });
  }
  ARROW_RETURN_NOT_OK(status);
  return partitions.Finish(columns);
}

void ReadExtras(const ActionColumns& adds, FileColumns& columns) {
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
  for (int64_t row = 0; row < columns.path->length() && adds.status().ok(); ++row) {
    if (columns.path->IsNull(row)) continue;
    FileExtras extras{TextMap(tags, row), vectors.Read(row), base_row_id.integer(row),
                      commit_version.integer(row), clustering.text(row)};
    if (!extras.empty()) columns.extras.emplace(row, std::move(extras));
  }
}

Result<FileColumns> NoFiles(int64_t rows) {
  FileColumns columns;
  ARROW_ASSIGN_OR_RAISE(const auto paths, arrow::MakeArrayOfNull(arrow::large_utf8(), rows));
  ARROW_ASSIGN_OR_RAISE(const auto integers, arrow::MakeArrayOfNull(arrow::int64(), rows));
  columns.path = std::static_pointer_cast<arrow::LargeStringArray>(paths);
  columns.size_bytes = std::static_pointer_cast<arrow::Int64Array>(integers);
  columns.modification_time_ms = columns.size_bytes;
  return columns;
}

}  // namespace

Result<FileColumns> ReadCheckpointFiles(const arrow::RecordBatch& batch) {
  Status status;
  const ActionColumns adds(batch, "add", status);
  ARROW_RETURN_NOT_OK(status);
  if (adds.array() == nullptr) return NoFiles(batch.num_rows());
  const arrow::StructArray& array = *adds.array();
  FileColumns columns;
  ARROW_ASSIGN_OR_RAISE(columns.path,
                        TypedChild<arrow::LargeStringArray>(array, "path", arrow::large_utf8()));
  ARROW_ASSIGN_OR_RAISE(columns.size_bytes,
                        TypedChild<arrow::Int64Array>(array, "size", arrow::int64()));
  ARROW_ASSIGN_OR_RAISE(columns.modification_time_ms,
                        TypedChild<arrow::Int64Array>(array, "modificationTime", arrow::int64()));
  if (columns.path->null_count() != array.null_count()) {
    return Error(ErrorCode::kCorruptTable, "add.path is missing");
  }
  ARROW_RETURN_NOT_OK(ReadPartitionValues(adds, columns));
  ReadExtras(adds, columns);
  ARROW_RETURN_NOT_OK(status);
  return columns;
}

Status AddCheckpointStatistics(const arrow::RecordBatch& batch, FileColumns& columns) {
  Status status;
  const ActionColumns adds(batch, "add", status);
  ARROW_RETURN_NOT_OK(status);
  if (adds.array() == nullptr) return status;
  const arrow::StructArray& array = *adds.array();
  if (array.length() != columns.path->length()) {
    return Error(ErrorCode::kCorruptTable, "the columns of add differ in length");
  }
  if (array.struct_type()->GetFieldIndex("stats") >= 0) {
    ARROW_ASSIGN_OR_RAISE(columns.stats,
                          TypedChild<arrow::LargeStringArray>(array, "stats", arrow::large_utf8()));
    return status;
  }
  const int parsed = array.struct_type()->GetFieldIndex("stats_parsed");
  if (parsed < 0) return status;
  ARROW_ASSIGN_OR_RAISE(const auto statistics, array.GetFlattenedField(parsed));
  if (statistics->type_id() != arrow::Type::STRUCT) {
    return Error(ErrorCode::kCorruptTable, "the column add.stats_parsed must be a struct, not {}",
                 statistics->type()->ToString());
  }
  columns.parsed_stats = std::static_pointer_cast<arrow::StructArray>(statistics);
  return status;
}

}  // namespace deltaport::delta
