#include "columnar/parquet_file.h"

#include <numeric>
#include <vector>

#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

namespace deltaport::columnar {
namespace {

constexpr int64_t kPieceBytes = int64_t{1} << 20;

Status Corrupt(const std::string& path, std::string_view what) {
  return Error(ErrorCode::kCorruptTable, "{}: cannot be read as Parquet: {}", path, what);
}

int FindLeaf(const parquet::SchemaDescriptor& schema, std::string_view path) {
  for (int i = 0; i < schema.num_columns(); ++i) {
    if (schema.Column(i)->path()->ToDotString() == path) return i;
  }
  return -1;
}

}  // namespace

ParquetFile::ParquetFile(std::string path, const ParquetFileOptions& options,
                         std::unique_ptr<parquet::arrow::FileReader> reader)
    : path_(std::move(path)), options_(options), reader_(std::move(reader)) {}

ParquetFile::~ParquetFile() = default;

Result<std::unique_ptr<ParquetFile>> ParquetFile::OpenWith(
    const storage::ObjectStore& store, const std::string& path, const ParquetFileOptions& options,
    std::shared_ptr<parquet::FileMetaData> metadata) {
  ARROW_ASSIGN_OR_RAISE(auto input, store.Open(path));
  try {
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(options.batch_rows);
    properties.set_pre_buffer(false);
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    if (options.large_strings) properties.set_binary_type(arrow::Type::LARGE_BINARY);
    parquet::arrow::FileReaderBuilder builder;
    // A column chunk in pieces: whole ones would double what reading a large checkpoint takes.
    parquet::ReaderProperties reading = parquet::default_reader_properties();
    reading.enable_buffered_stream();
    reading.set_buffer_size(kPieceBytes);
    const Status opened = builder.Open(std::move(input), reading, std::move(metadata));
    if (!opened.ok()) return Corrupt(path, opened.message());
    auto reader = builder.properties(properties)->Build();
    if (!reader.ok()) return Corrupt(path, reader.status().message());
    return std::unique_ptr<ParquetFile>(new ParquetFile(path, options, std::move(*reader)));
  } catch (const parquet::ParquetException& failure) {
    return Corrupt(path, failure.what());
  }
}

Result<std::unique_ptr<ParquetFile>> ParquetFile::Open(const storage::ObjectStore& store,
                                                       const std::string& path,
                                                       const ParquetFileOptions& options) {
  return OpenWith(store, path, options, nullptr);
}

Result<std::unique_ptr<ParquetFile>> ParquetFile::Reopen(const storage::ObjectStore& store) const {
  return OpenWith(store, path_, options_, reader_->parquet_reader()->metadata());
}

int ParquetFile::row_groups() const {
  return reader_->parquet_reader()->metadata()->num_row_groups();
}

int64_t ParquetFile::rows() const { return reader_->parquet_reader()->metadata()->num_rows(); }

bool ParquetFile::HasLeaf(std::string_view path) const {
  return FindLeaf(*reader_->parquet_reader()->metadata()->schema(), path) >= 0;
}

bool ParquetFile::LeafIsNull(std::string_view path) const {
  const auto metadata = reader_->parquet_reader()->metadata();
  const int leaf = FindLeaf(*metadata->schema(), path);
  if (leaf < 0) return true;
  try {
    for (int group = 0; group < metadata->num_row_groups(); ++group) {
      const auto chunk = metadata->RowGroup(group)->ColumnChunk(leaf);
      const auto statistics = chunk->statistics();
      if (!statistics || !statistics->HasNullCount() ||
          statistics->null_count() != chunk->num_values()) {
        return false;
      }
    }
  } catch (const parquet::ParquetException&) {
    return false;  // Unreadable statistics prove nothing.
  }
  return true;
}

std::optional<std::string> ParquetFile::Note(const std::string& key) const {
  const auto notes = reader_->parquet_reader()->metadata()->key_value_metadata();
  const int found = notes ? notes->FindKey(key) : -1;
  return found < 0 ? std::nullopt : std::optional(notes->value(found));
}

Result<std::shared_ptr<arrow::Schema>> ParquetFile::Schema() const {
  std::shared_ptr<arrow::Schema> schema;
  try {
    const Status status = reader_->GetSchema(&schema);
    if (!status.ok()) return Explain(status);
  } catch (const parquet::ParquetException& failure) {
    return Corrupt(path_, failure.what());
  }
  return schema;
}

ParquetFile::LeafSummary ParquetFile::Summarize(std::string_view leaf) const {
  const auto metadata = reader_->parquet_reader()->metadata();
  const int column = FindLeaf(*metadata->schema(), leaf);
  if (column < 0) return {{}, rows()};
  // A column "a.b" and the field b of a column a have one path.
  for (int i = column + 1; i < metadata->num_columns(); ++i) {
    if (metadata->schema()->Column(i)->path()->ToDotString() == leaf) return {};
  }
  LeafSummary summary{{}, 0};
  bool bounded = true;
  try {
    for (int group = 0; group < metadata->num_row_groups(); ++group) {
      const auto chunk = metadata->RowGroup(group)->ColumnChunk(column);
      const auto statistics = chunk->statistics();
      if (!statistics || !statistics->HasNullCount()) return {};
      *summary.null_count += statistics->null_count();
      if (statistics->null_count() == chunk->num_values()) continue;
      std::shared_ptr<arrow::Scalar> min, max;
      bounded = bounded && statistics->HasMinMax() &&
                parquet::arrow::StatisticsAsScalars(*statistics, &min, &max).ok();
      if (!bounded) continue;
      summary.bounds.push_back(std::move(min));
      summary.bounds.push_back(std::move(max));
    }
  } catch (const parquet::ParquetException&) {
    return {};  // Unreadable statistics prove nothing.
  }
  if (!bounded) summary.bounds.clear();
  return summary;
}

std::vector<int> ParquetFile::Leaves(
    const std::function<bool(std::string_view leaf)>& wanted) const {
  const auto metadata = reader_->parquet_reader()->metadata();
  std::vector<int> leaves;
  for (int i = 0; i < metadata->num_columns(); ++i) {
    if (wanted(metadata->schema()->Column(i)->path()->ToDotString())) leaves.push_back(i);
  }
  return leaves;
}

Result<std::shared_ptr<arrow::RecordBatchReader>> ParquetFile::Read(
    const std::function<bool(std::string_view leaf)>& wanted) const {
  std::vector<int> groups(static_cast<size_t>(row_groups()));
  std::iota(groups.begin(), groups.end(), 0);
  try {
    auto batches = reader_->GetRecordBatchReader(groups, Leaves(wanted));
    if (!batches.ok()) return Explain(batches.status());
    return std::shared_ptr<arrow::RecordBatchReader>(std::move(*batches));
  } catch (const parquet::ParquetException& failure) {
    return Corrupt(path_, failure.what());
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> ParquetFile::ReadRowGroup(
    int group, const std::function<bool(std::string_view leaf)>& wanted) const {
  try {
    auto table = reader_->ReadRowGroup(group, Leaves(wanted));
    if (!table.ok()) return Explain(table.status());
    auto batch = (*table)->CombineChunksToBatch();
    if (!batch.ok()) return Explain(batch.status());
    return batch;
  } catch (const parquet::ParquetException& failure) {
    return Corrupt(path_, failure.what());
  }
}

Status ParquetFile::Explain(const Status& status) const {
  if (status.ok() || status.detail() || status.IsOutOfMemory() || status.IsCancelled()) {
    return status;
  }
  return Corrupt(path_, status.message());
}

}  // namespace deltaport::columnar
