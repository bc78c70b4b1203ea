// The added files of a checkpoint, out of Parquet columns into the columns of a block.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "delta/file_block.h"

namespace deltaport::delta {

class ActionColumns;

// Paths, sizes and times of the files of one row group, out of its batches in their order. Each row
// of a batch is a row here; it is no file where `add` is null.
class CheckpointPathBuilder {
 public:
  static bool Wants(std::string_view leaf);

  // Room for so much; not needed.
  Status Reserve(int64_t rows, int64_t path_bytes);
  // kCorruptTable for a column of a wrong type and a missing path.
  Status Append(const arrow::RecordBatch& batch);
  Status Finish(FileColumns& columns);

 private:
  arrow::LargeStringBuilder path_;
  arrow::Int64Builder size_bytes_;
  arrow::Int64Builder modification_time_ms_;
};

// Partition values, and what only few files have, of the same rows.
class CheckpointDetailBuilder {
 public:
  static bool Wants(std::string_view leaf);

  Status Append(const arrow::RecordBatch& batch);
  // Adds them to `columns`, which has the paths. kCorruptTable if those are of other rows.
  Status Finish(FileColumns& columns);

 private:
  // One column a key of the maps, filled row by row.
  struct PartitionColumn {
    std::string key;
    std::unique_ptr<arrow::LargeStringBuilder> values;
  };
  Status AppendPartitionValues(const ActionColumns& adds, int64_t rows);
  // The entry at `position` of the row's map; files usually have the same keys in the same order.
  Status AppendPartitionValue(int64_t row, size_t position, std::string_view key,
                              std::optional<std::string_view> value);
  PartitionColumn& FindPartitionColumn(size_t position, std::string_view key);
  void AppendExtras(const ActionColumns& adds, int64_t rows);

  int64_t rows_ = 0;
  int64_t files_ = 0;
  bool counts_files_ = false;  // Whether a batch had the column `add` at all.
  std::vector<PartitionColumn> partition_columns_;
  std::unordered_map<int64_t, FileExtras> extras_;
};

// The column add.stats of a batch, null where `add` is.
Result<std::shared_ptr<arrow::LargeStringArray>> CheckpointStatisticsTexts(
    const arrow::RecordBatch& batch);

// add.stats_parsed of a batch; null if there is no such column.
Result<std::shared_ptr<arrow::StructArray>> CheckpointParsedStatistics(
    const arrow::RecordBatch& batch);

}  // namespace deltaport::delta
