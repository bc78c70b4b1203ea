#include "delta/data_file_writer.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/util/byte_size.h>

#include "columnar/parquet_writer.h"
#include "columnar/read_ahead.h"
#include "delta/file_block.h"
#include "delta/partition_path.h"
#include "delta/statistics_collector.h"
#include "delta/write_schema.h"
#include "storage/uri.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

constexpr int64_t kFileBytes = int64_t{128} << 20;

std::string StorePath(const storage::Location& table, std::string_view relative) {
  return fmt::format("{}/{}", table.path == "/" ? "" : table.path, relative);
}

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

// The open file and the open row group of one partition.
struct Partition {
  PartitionValueMap values;
  std::string directory;  // Relative to the table root, with a final '/', or empty.
  std::unique_ptr<columnar::ParquetWriter> writer;
  std::string path;  // Of the open file, relative to the table root.
  std::optional<StatisticsCollector> statistics;
  arrow::RecordBatchVector waiting;  // Empty where rows are encoded as they come.
  int64_t waiting_rows = 0;
  int64_t waiting_bytes = 0;
};

// Where files go and how they are called.
struct FileNaming {
  std::string_view root;    // Below the table, with a final '/', or empty.
  std::string_view prefix;  // "part" or "cdc".
};

constexpr FileNaming kDataFiles{"", "part"};
constexpr FileNaming kChangeFiles{"_change_data/", "cdc"};

columnar::ParquetCompression ParquetCompressionOf(Compression compression) {
  switch (compression) {
    case Compression::kSnappy:
      return columnar::ParquetCompression::kSnappy;
    case Compression::kGzip:
      return columnar::ParquetCompression::kGzip;
    case Compression::kLz4:
      return columnar::ParquetCompression::kLz4;
    case Compression::kUncompressed:
      return columnar::ParquetCompression::kUncompressed;
    case Compression::kZstd:
      break;
  }
  return columnar::ParquetCompression::kZstd;
}

class DataFileWriter {
 public:
  DataFileWriter(const DataFileTarget& target, const DataFileLayout& layout,
                 const DataFileWriterOptions& options, const FileNaming& naming)
      : table_(target.location),
        layout_(layout),
        options_(options),
        naming_(naming),
        compression_(options.compression.value_or(
            target.properties.compression.value_or(Compression::kZstd))),
        file_bytes_(
            options.file_bytes.value_or(target.properties.target_file_bytes.value_or(kFileBytes))) {
  }

  Status Write(const arrow::RecordBatch& batch) {
    if (batch.num_rows() == 0) return Status::OK();
    const auto data = layout_.FileRows(batch);
    if (layout_.partition_columns().empty()) return Append({}, data);
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
    const auto& columns = layout_.partition_columns();
    PartitionKey key(columns.size());
    std::vector<int64_t>* rows = nullptr;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      bool changed = row == 0;
      for (size_t i = 0; i < columns.size(); ++i) {
        auto value = PartitionValueText(*batch.column(columns[i].index), row);
        if (!value.ok()) {
          return WithContext(value.status(), fmt::format("partition column '{}'", columns[i].name));
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
    if (partition.directory.empty()) {
      partition.directory = naming_.root;
      for (size_t i = 0; i < key.size(); ++i) {
        const std::string& name = layout_.partition_columns()[i].physical_name;
        partition.values[name] = key[i];
        partition.directory += PartitionDirectory(name, key[i]) + "/";
      }
    }
    return partition;
  }

  Status Append(const PartitionKey& key, std::shared_ptr<arrow::RecordBatch> batch) {
    Partition& partition = Find(key);
    if (!partition.statistics)
      partition.statistics.emplace(*layout_.schema(), layout_.statistics_leaves());
    ARROW_RETURN_NOT_OK(partition.statistics->Update(*batch));
    while (batch->num_rows() > 0) {
      const int64_t rows =
          std::min(batch->num_rows(), options_.row_group_rows - partition.waiting_rows);
      auto slice = batch->Slice(0, rows);
      const int64_t slice_bytes = BytesOf(*slice);
      partition.waiting_rows += rows;
      partition.waiting_bytes += slice_bytes;
      waiting_bytes_ += slice_bytes;
      if (Streams()) {
        if (!partition.writer) ARROW_RETURN_NOT_OK(OpenFile(partition));
        ARROW_RETURN_NOT_OK(partition.writer->Append(std::move(slice)));
      } else {
        partition.waiting.push_back(std::move(slice));
      }
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
    const bool plain = compression_ == Compression::kUncompressed;
    partition.path = fmt::format("{}{}-{:05}-{}.c000{}{}.parquet", partition.directory,
                                 naming_.prefix, file_number_++, storage::RandomUuid(),
                                 plain ? "" : ".", plain ? "" : CompressionName(compression_));
    ARROW_ASSIGN_OR_RAISE(partition.writer,
                          columnar::ParquetWriter::Create(
                              *table_.store, StorePath(table_, partition.path), layout_.schema(),
                              {ParquetCompressionOf(compression_), Streams()}));
    ++open_files_;
    return Status::OK();
  }

  // Rows are encoded as they come, on several threads. With many files open, encoded row groups
  // that wait would take too much memory.
  bool Streams() const { return layout_.partition_columns().empty(); }

  // Ends the row group.
  Status Flush(Partition& partition) {
    if (partition.waiting_rows == 0) return Status::OK();
    if (Streams()) {
      ARROW_RETURN_NOT_OK(partition.writer->EndRowGroup());
    } else {
      if (!partition.writer) ARROW_RETURN_NOT_OK(OpenFile(partition));
      ARROW_RETURN_NOT_OK(partition.writer->WriteRowGroup(partition.waiting));
    }
    waiting_bytes_ -= partition.waiting_bytes;
    partition.waiting.clear();
    partition.waiting_rows = 0;
    partition.waiting_bytes = 0;
    return Status::OK();
  }

  Status CloseIfFull(Partition& partition) {
    if (!partition.writer) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const int64_t size_bytes, partition.writer->size_bytes());
    return size_bytes >= file_bytes_ ? CloseFile(partition) : Status::OK();
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
    written_.push_back(StorePath(table_, partition.path));
    ARROW_ASSIGN_OR_RAISE(add.size_bytes, partition.writer->Close());
    add.modification_time_ms = NowMs();
    add.data_change = options_.data_change;
    add.clustering_provider = options_.clustering_provider;
    add.stats = partition.statistics->ToJson();
    files_.push_back(std::move(add));
    partition.writer.reset();
    partition.statistics.reset();
    --open_files_;
    return Status::OK();
  }

  const storage::Location& table_;
  const DataFileLayout& layout_;
  const DataFileWriterOptions& options_;
  const FileNaming naming_;
  const Compression compression_;
  const int64_t file_bytes_;
  std::map<PartitionKey, Partition> partitions_;
  int64_t waiting_bytes_ = 0;
  int open_files_ = 0;
  int file_number_ = 0;
  std::vector<AddFile> files_;
  std::vector<std::string> written_;  // Store paths.
};

Result<std::vector<AddFile>> WriteAll(arrow::RecordBatchReader& rows, const RowConverter& converter,
                                      DataFileWriter& writer, int64_t row_group_rows,
                                      const CancelToken& token) {
  columnar::ReadAhead ahead(rows, token);
  while (true) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_ASSIGN_OR_RAISE(const auto batch, ahead.Next());
    if (!batch) return writer.Finish();
    ARROW_ASSIGN_OR_RAISE(const auto converted, converter.Convert(*batch));
    // Files can end only between two of these.
    for (int64_t row = 0; row < converted->num_rows(); row += row_group_rows) {
      ARROW_RETURN_NOT_OK(writer.Write(*converted->Slice(row, row_group_rows)));
    }
  }
}

Result<std::vector<AddFile>> WriteFiles(const DataFileTarget& target,
                                        arrow::RecordBatchReader& rows,
                                        const DataFileWriterOptions& options,
                                        const arrow::FieldVector& extra_columns,
                                        const FileNaming& naming, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(
      const auto layout,
      DataFileLayout::Make(target, *rows.schema(), extra_columns, options.fill_missing));
  DataFileWriter writer(target, layout, options, naming);
  auto files = WriteAll(rows, layout.converter(), writer, options.row_group_rows, token);
  if (files.ok()) return files;
  const Status removed = writer.RemoveWritten();
  if (removed.ok()) return files.status();
  return WithContext(files.status(), fmt::format("files were left behind ({})", removed.message()));
}

template <typename File>
Status RemoveFiles(const storage::Location& table, const std::vector<File>& files) {
  Status first;
  for (const auto& file : files) {
    ARROW_ASSIGN_OR_RAISE(const std::string path, DecodeFilePath(file.path));
    const Status status = table.store->Remove(StorePath(table, path));
    if (first.ok()) first = status;
  }
  return first;
}

}  // namespace

Result<std::vector<AddFile>> WriteDataFiles(const DataFileTarget& target,
                                            arrow::RecordBatchReader& rows,
                                            const DataFileWriterOptions& options,
                                            const CancelToken& token) {
  return WriteFiles(target, rows, options, options.extra_columns, kDataFiles, token);
}

Result<std::vector<ChangeFile>> WriteChangeFiles(const DataFileTarget& target,
                                                 arrow::RecordBatchReader& rows,
                                                 const DataFileWriterOptions& options,
                                                 const CancelToken& token) {
  arrow::FieldVector extra = options.extra_columns;
  extra.push_back(arrow::field(kChangeTypeColumn, arrow::utf8(), false));
  ARROW_ASSIGN_OR_RAISE(auto files, WriteFiles(target, rows, options, extra, kChangeFiles, token));
  std::vector<ChangeFile> changes;
  for (auto& file : files) {
    ChangeFile change;
    change.path = std::move(file.path);
    change.partition_values = std::move(file.partition_values);
    change.size_bytes = file.size_bytes;
    changes.push_back(std::move(change));
  }
  return changes;
}

Status RemoveDataFiles(const storage::Location& table, const std::vector<AddFile>& files) {
  return RemoveFiles(table, files);
}

Status RemoveChangeFiles(const storage::Location& table, const std::vector<ChangeFile>& files) {
  return RemoveFiles(table, files);
}

}  // namespace deltaport::delta
