#include "delta/data_file_writer.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <unordered_map>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/utf8.h>

#include "columnar/parquet_writer.h"
#include "delta/partition_path.h"
#include "delta/statistics_collector.h"
#include "delta/write_schema.h"
#include "storage/uri.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int64_t BytesOf(const arrow::RecordBatch& batch) {
  // An estimate for the budget; sliced buffers count by their slice.
  return arrow::util::ReferencedBufferSize(batch).ValueOr(arrow::util::TotalBufferSize(batch));
}

using PartitionKey = std::vector<std::optional<std::string>>;

// The open file and the waiting rows of one partition.
struct Partition {
  PartitionValueMap values;
  std::string directory;  // Relative to the table root, with a final '/', or empty.
  std::unique_ptr<columnar::ParquetWriter> writer;
  std::string path;  // Of the open file, relative to the table root.
  std::optional<StatisticsCollector> statistics;
  arrow::RecordBatchVector waiting;
  int64_t waiting_rows = 0;
  int64_t waiting_bytes = 0;
};

class DataFileWriter {
 public:
  DataFileWriter(const storage::Location& table, const RowConverter& converter,
                 const std::vector<std::string>& partition_columns,
                 const DataFileWriterOptions& options)
      : table_(table), options_(options) {
    const auto& schema = converter.file_schema();
    arrow::FieldVector fields;
    for (int i = 0; i < schema->num_fields(); ++i) {
      const auto& names = partition_columns;
      if (std::find(names.begin(), names.end(), schema->field(i)->name()) != names.end()) continue;
      data_columns_.push_back(i);
      fields.push_back(schema->field(i));
    }
    for (const auto& name : partition_columns) {
      partition_columns_.emplace_back(schema->GetFieldIndex(name), name);
    }
    data_schema_ = arrow::schema(std::move(fields));
  }

  Status Write(const arrow::RecordBatch& batch) {
    if (batch.num_rows() == 0) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto data, batch.SelectColumns(data_columns_));
    if (partition_columns_.empty()) return Append({}, data);
    ARROW_ASSIGN_OR_RAISE(const auto groups, Group(batch));
    for (const auto& [key, rows] : groups) {
      if (rows.size() == static_cast<size_t>(batch.num_rows())) return Append(key, data);
      arrow::Int64Builder builder;
      ARROW_RETURN_NOT_OK(builder.AppendValues(rows));
      ARROW_ASSIGN_OR_RAISE(const auto indices, builder.Finish());
      ARROW_ASSIGN_OR_RAISE(const auto taken, arrow::compute::Take(data, indices));
      ARROW_RETURN_NOT_OK(Append(key, taken.record_batch()));
    }
    return Status::OK();
  }

  Result<std::vector<AddFile>> Finish() {
    for (auto& [key, partition] : partitions_) ARROW_RETURN_NOT_OK(CloseFile(partition));
    return std::move(files_);
  }

  // Removes the files that were finished; open ones vanish with their writers.
  Status RemoveWritten() {
    partitions_.clear();
    Status first;
    for (const auto& path : written_) {
      const Status status = table_.store->Remove(path);
      if (first.ok()) first = status;
    }
    return first;
  }

 private:
  Result<std::map<PartitionKey, std::vector<int64_t>>> Group(const arrow::RecordBatch& batch) {
    std::map<PartitionKey, std::vector<int64_t>> groups;
    PartitionKey key(partition_columns_.size());
    std::vector<int64_t>* rows = nullptr;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      bool changed = row == 0;
      for (size_t i = 0; i < partition_columns_.size(); ++i) {
        const auto& [column, name] = partition_columns_[i];
        auto value = PartitionValueText(*batch.column(column), row);
        if (!value.ok()) {
          return WithContext(value.status(), fmt::format("partition column '{}'", name));
        }
        changed = changed || *value != key[i];
        key[i] = value.MoveValueUnsafe();
      }
      // Rows usually come in runs of one partition.
      if (changed) rows = &groups[key];
      rows->push_back(row);
    }
    return groups;
  }

  Partition& Find(const PartitionKey& key) {
    Partition& partition = partitions_[key];
    if (partition.values.empty() && !key.empty()) {
      for (size_t i = 0; i < key.size(); ++i) {
        const std::string& name = partition_columns_[i].second;
        partition.values[name] = key[i];
        partition.directory += PartitionDirectory(name, key[i]) + "/";
      }
    }
    return partition;
  }

  Status Append(const PartitionKey& key, std::shared_ptr<arrow::RecordBatch> batch) {
    Partition& partition = Find(key);
    if (!partition.statistics)
      partition.statistics.emplace(*data_schema_, options_.statistics_columns);
    ARROW_RETURN_NOT_OK(partition.statistics->Update(*batch));
    while (batch->num_rows() > 0) {
      const int64_t rows =
          std::min(batch->num_rows(), options_.row_group_rows - partition.waiting_rows);
      auto slice = batch->Slice(0, rows);
      const int64_t slice_bytes = BytesOf(*slice);
      partition.waiting_rows += rows;
      partition.waiting_bytes += slice_bytes;
      waiting_bytes_ += slice_bytes;
      partition.waiting.push_back(std::move(slice));
      batch = batch->Slice(rows);
      // A full file ends with the batch, so that its statistics cover exactly its rows.
      if (partition.waiting_rows >= options_.row_group_rows) ARROW_RETURN_NOT_OK(Flush(partition));
    }
    ARROW_RETURN_NOT_OK(CloseIfFull(partition));
    while (waiting_bytes_ > options_.buffer_bytes) ARROW_RETURN_NOT_OK(Flush(Fullest()));
    return Status::OK();
  }

  Partition& Fullest() {
    const auto found = std::max_element(
        partitions_.begin(), partitions_.end(), [](const auto& left, const auto& right) {
          return left.second.waiting_bytes < right.second.waiting_bytes;
        });
    return found->second;
  }

  Status OpenFile(Partition& partition) {
    if (open_files_ >= options_.open_files_max) ARROW_RETURN_NOT_OK(CloseLargestFile());
    const bool snappy = options_.compression == Compression::kSnappy;
    partition.path = fmt::format("{}part-{:05}-{}.c000.{}.parquet", partition.directory,
                                 file_number_++, storage::RandomUuid(), snappy ? "snappy" : "zstd");
    ARROW_ASSIGN_OR_RAISE(
        partition.writer,
        columnar::ParquetWriter::Create(
            *table_.store, StorePath(partition.path), data_schema_,
            snappy ? columnar::ParquetCompression::kSnappy : columnar::ParquetCompression::kZstd));
    ++open_files_;
    return Status::OK();
  }

  Status Flush(Partition& partition) {
    if (partition.waiting.empty()) return Status::OK();
    if (!partition.writer) ARROW_RETURN_NOT_OK(OpenFile(partition));
    ARROW_RETURN_NOT_OK(partition.writer->WriteRowGroup(partition.waiting));
    waiting_bytes_ -= partition.waiting_bytes;
    partition.waiting.clear();
    partition.waiting_rows = 0;
    partition.waiting_bytes = 0;
    return Status::OK();
  }

  Status CloseIfFull(Partition& partition) {
    if (!partition.writer) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const int64_t size_bytes, partition.writer->size_bytes());
    return size_bytes >= options_.file_bytes ? CloseFile(partition) : Status::OK();
  }

  Status CloseLargestFile() {
    Partition* largest = nullptr;
    int64_t largest_bytes = -1;
    for (auto& [key, partition] : partitions_) {
      if (!partition.writer) continue;
      ARROW_ASSIGN_OR_RAISE(const int64_t size_bytes, partition.writer->size_bytes());
      if (size_bytes > largest_bytes) {
        largest_bytes = size_bytes;
        largest = &partition;
      }
    }
    return largest == nullptr ? Status::OK() : CloseFile(*largest);
  }

  Status CloseFile(Partition& partition) {
    ARROW_RETURN_NOT_OK(Flush(partition));
    if (!partition.writer) return Status::OK();
    AddFile add;
    add.path = storage::PercentEncode(partition.path);
    add.partition_values = partition.values;
    // Before closing: should that fail half-way, the clean-up finds the file.
    written_.push_back(StorePath(partition.path));
    ARROW_ASSIGN_OR_RAISE(add.size_bytes, partition.writer->Close());
    add.modification_time_ms = NowMs();
    add.stats = partition.statistics->ToJson();
    files_.push_back(std::move(add));
    partition.writer.reset();
    partition.statistics.reset();
    --open_files_;
    return Status::OK();
  }

  std::string StorePath(const std::string& relative) const {
    return fmt::format("{}/{}", table_.path == "/" ? "" : table_.path, relative);
  }

  const storage::Location& table_;
  const DataFileWriterOptions& options_;
  std::shared_ptr<arrow::Schema> data_schema_;
  std::vector<int> data_columns_;
  std::vector<std::pair<int, std::string>> partition_columns_;
  std::map<PartitionKey, Partition> partitions_;
  int64_t waiting_bytes_ = 0;
  int open_files_ = 0;
  int file_number_ = 0;
  std::vector<AddFile> files_;
  std::vector<std::string> written_;  // Store paths.
};

Result<std::vector<AddFile>> WriteAll(arrow::RecordBatchReader& rows, const RowConverter& converter,
                                      DataFileWriter& writer, const CancelToken& token) {
  while (true) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows.Next());
    if (!batch) return writer.Finish();
    ARROW_ASSIGN_OR_RAISE(const auto converted, converter.Convert(*batch));
    ARROW_RETURN_NOT_OK(writer.Write(*converted));
  }
}

}  // namespace

Result<std::vector<AddFile>> WriteDataFiles(const storage::Location& table,
                                            const std::shared_ptr<arrow::Schema>& schema,
                                            const std::vector<std::string>& partition_columns,
                                            arrow::RecordBatchReader& rows,
                                            const DataFileWriterOptions& options,
                                            const CancelToken& token) {
  arrow::util::InitializeUTF8();
  ARROW_ASSIGN_OR_RAISE(const auto converter, RowConverter::Make(schema, *rows.schema()));
  DataFileWriter writer(table, converter, partition_columns, options);
  auto files = WriteAll(rows, converter, writer, token);
  if (files.ok()) return files;
  const Status removed = writer.RemoveWritten();
  if (removed.ok()) return files.status();
  return WithContext(files.status(), fmt::format("files were left behind ({})", removed.message()));
}

}  // namespace deltaport::delta
