#include "columnar/parquet_file.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include <arrow/memory_pool.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

namespace deltaport::columnar {
namespace {

// Pages are read one by one. A larger one is read past the buffer.
constexpr int64_t kStreamBufferBytes = int64_t{64} << 10;

Status Corrupt(const std::string& path, std::string_view what) {
  return Error(ErrorCode::kCorruptTable, "{}: cannot be read as Parquet: {}", path, what);
}

int FindLeaf(const parquet::SchemaDescriptor& schema, std::string_view path) {
  for (int i = 0; i < schema.num_columns(); ++i) {
    if (schema.Column(i)->path()->ToDotString() == path) return i;
  }
  return -1;
}

// The highest definition level in a column chunk.
template <typename Type>
int DeepestLevel(parquet::ColumnReader& column) {
  constexpr size_t kLevels = 1024;
  auto& reader = static_cast<parquet::TypedColumnReader<Type>&>(column);
  std::array<int16_t, kLevels> levels{};
  std::array<typename Type::c_type, kLevels> values{};
  int deepest = 0;
  while (reader.HasNext()) {
    int64_t values_read = 0;
    const int64_t read =
        reader.ReadBatch(kLevels, levels.data(), nullptr, values.data(), &values_read);
    if (read == 0) break;
    deepest = std::max<int>(deepest, *std::max_element(levels.begin(), levels.begin() + read));
  }
  return deepest;
}

int DeepestLevelOf(parquet::ColumnReader& column) {
  switch (column.type()) {
    case parquet::Type::BOOLEAN:
      return DeepestLevel<parquet::BooleanType>(column);
    case parquet::Type::INT32:
      return DeepestLevel<parquet::Int32Type>(column);
    case parquet::Type::INT64:
      return DeepestLevel<parquet::Int64Type>(column);
    case parquet::Type::BYTE_ARRAY:
      return DeepestLevel<parquet::ByteArrayType>(column);
    default:
      return column.descr()->max_definition_level();
  }
}

// Whether the footer says so.
bool IsNullThroughout(const parquet::ColumnChunkMetaData& chunk) {
  const auto statistics = chunk.statistics();
  return statistics && statistics->HasNullCount() && statistics->null_count() == chunk.num_values();
}

}  // namespace

ParquetFile::ParquetFile(std::string path, const ParquetFileOptions& options,
                         std::shared_ptr<arrow::io::RandomAccessFile> input,
                         std::unique_ptr<parquet::arrow::FileReader> reader)
    : path_(std::move(path)),
      options_(options),
      input_(std::move(input)),
      reader_(std::move(reader)) {}

ParquetFile::~ParquetFile() = default;

Result<std::unique_ptr<ParquetFile>> ParquetFile::OpenWith(
    std::shared_ptr<arrow::io::RandomAccessFile> input, const std::string& path,
    const ParquetFileOptions& options, std::shared_ptr<parquet::FileMetaData> metadata) {
  try {
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(options.batch_rows);
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    if (options.large_strings) properties.set_binary_type(arrow::Type::LARGE_BINARY);
    properties.set_pre_buffer(false);
    // The default pool gives every short-lived thread a heap of its own in huge pages, and clears
    // them each time.
    arrow::MemoryPool* const pool = arrow::system_memory_pool();
    parquet::ReaderProperties reading(pool);
    reading.enable_buffered_stream();
    reading.set_buffer_size(kStreamBufferBytes);
    parquet::arrow::FileReaderBuilder builder;
    const Status opened = builder.Open(input, reading, std::move(metadata));
    if (!opened.ok()) return Corrupt(path, opened.message());
    auto reader = builder.memory_pool(pool)->properties(properties)->Build();
    if (!reader.ok()) return Corrupt(path, reader.status().message());
    return std::unique_ptr<ParquetFile>(
        new ParquetFile(path, options, std::move(input), std::move(*reader)));
  } catch (const parquet::ParquetException& failure) {
    return Corrupt(path, failure.what());
  }
}

Result<std::unique_ptr<ParquetFile>> ParquetFile::Open(const storage::ObjectStore& store,
                                                       const std::string& path,
                                                       const ParquetFileOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto input, store.Open(path));
  return OpenWith(std::move(input), path, options, nullptr);
}

Result<std::unique_ptr<ParquetFile>> ParquetFile::Reopen() const {
  return OpenWith(input_, path_, options_, reader_->parquet_reader()->metadata());
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
      if (!IsNullThroughout(*metadata->RowGroup(group)->ColumnChunk(leaf))) return false;
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

ParquetFile::LeafContent ParquetFile::ContentOf(int group, size_t leaf) const {
  const auto metadata = reader_->parquet_reader()->metadata();
  const int column = static_cast<int>(leaf);
  const auto* const descriptor = metadata->schema()->Column(column);
  try {
    if (!IsNullThroughout(*metadata->RowGroup(group)->ColumnChunk(column))) return {};
    const auto reader = reader_->parquet_reader()->RowGroup(group)->Column(column);
    const int deepest = DeepestLevelOf(*reader);
    return {deepest == descriptor->max_definition_level(),
            deepest > 0 || !metadata->schema()->GetColumnRoot(column)->is_optional()};
  } catch (const parquet::ParquetException&) {
    return {};  // Whoever reads the values learns what is wrong.
  }
}

std::vector<std::string> ParquetFile::LeafPaths() const {
  const auto metadata = reader_->parquet_reader()->metadata();
  std::vector<std::string> paths;
  for (int i = 0; i < metadata->num_columns(); ++i) {
    paths.push_back(metadata->schema()->Column(i)->path()->ToDotString());
  }
  return paths;
}

int64_t ParquetFile::UnpackedBytes(int group, std::string_view leaf) const {
  const auto metadata = reader_->parquet_reader()->metadata();
  const int column = FindLeaf(*metadata->schema(), leaf);
  if (column < 0) return 0;
  try {
    return metadata->RowGroup(group)->ColumnChunk(column)->total_uncompressed_size();
  } catch (const parquet::ParquetException&) {
    return 0;
  }
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
  return ReadGroups(groups, wanted);
}

Result<std::shared_ptr<arrow::RecordBatchReader>> ParquetFile::ReadBatches(
    int group, const std::function<bool(std::string_view leaf)>& wanted) const {
  return ReadGroups({group}, wanted);
}

Result<std::shared_ptr<arrow::RecordBatchReader>> ParquetFile::ReadGroups(
    const std::vector<int>& groups,
    const std::function<bool(std::string_view leaf)>& wanted) const {
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
