// Actions as the columns of a checkpoint file: one action a row, one struct column an action.
//
// Source of the layout: PROTOCOL.md of delta-io/delta, "Checkpoint Schema".

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "delta/action.h"
#include "delta/file_block.h"
#include "delta/statistics_struct.h"

namespace deltaport::delta {

// Which file of a checkpoint: V1 has one kind, V2 a main file and sidecars.
enum class CheckpointFileKind { kClassic, kV2Main, kSidecar };

// The columns that depend on the table.
struct CheckpointColumns {
  std::vector<std::string> partition_columns;         // Physical names.
  bool statistics_json = true;                        // add.stats
  std::shared_ptr<arrow::DataType> statistics;        // Of add.stats_parsed; null: without.
  std::shared_ptr<arrow::DataType> partition_values;  // Of add.partitionValues_parsed; or null.
};

// Only in the main file of V2.
struct CheckpointMetadata {
  TableVersion version = 0;
  std::map<std::string, std::string> tags;
};
struct SidecarFile {
  std::string name;  // Inside _sidecars.
  int64_t size_bytes = 0;
  int64_t modification_time_ms = 0;
};

std::shared_ptr<arrow::Schema> CheckpointSchema(CheckpointFileKind kind,
                                                const CheckpointColumns& columns);

// Collects rows until Finish(). An action without a column in that kind of file is kInternal.
class CheckpointBatchBuilder {
 public:
  static Result<std::unique_ptr<CheckpointBatchBuilder>> Make(CheckpointFileKind kind,
                                                              const CheckpointColumns& columns);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int64_t rows() const { return rows_; }
  // Roughly what the rows take in memory.
  int64_t size_bytes() const { return size_bytes_; }

  Status Append(const Protocol& protocol);
  Status Append(const Metadata& metadata);
  Status Append(const SetTransaction& transaction);
  Status Append(const DomainMetadata& domain);
  Status Append(const CheckpointMetadata& metadata);
  Status Append(const SidecarFile& sidecar);
  // With dataChange false: a checkpoint only says what was there already.
  Status Append(const RemoveFile& remove);
  Status AppendAdd(const FileBlock& block, int64_t row);

  // The rows so far; the builder starts anew.
  Result<std::shared_ptr<arrow::RecordBatch>> Finish();

 private:
  CheckpointBatchBuilder(std::shared_ptr<arrow::Schema> schema, const CheckpointColumns& columns);
  // The column of that action, padded with nulls, with a new row started in it.
  Result<arrow::StructBuilder*> StartRow(const char* action);
  Status AppendParsedPartitionValues(const FileBlock& block, int64_t row);

  std::shared_ptr<arrow::Schema> schema_;
  CheckpointColumns columns_;
  std::map<std::string, std::unique_ptr<arrow::ArrayBuilder>, std::less<>> builders_;
  std::optional<StatisticsColumn> statistics_;
  arrow::StructBuilder* partition_values_ = nullptr;
  int64_t rows_ = 0;
  int64_t size_bytes_ = 0;
};

}  // namespace deltaport::delta
