#include "columnar/parquet_writer.h"

#include <algorithm>
#include <limits>

#include <arrow/memory_pool.h>
#include <arrow/table.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include "columnar/dictionary_choice.h"

namespace deltaport::columnar {
namespace {

// Small batches are joined to at least this many rows: encoding has a cost for each batch.
constexpr int64_t kEncodedRowsMin = 16 * 1024;
// More at first, as they decide about dictionaries.
constexpr int64_t kFirstRowsMin = 64 * 1024;
// Point look-ups read single pages.
constexpr int64_t kPageRowsMax = 20'000;

// The C library's allocator. Arrow's own takes memory from the kernel by pieces of 2 MiB that are
// cleared each time: a quarter of what writing takes.
arrow::MemoryPool* EncodingMemory() { return arrow::system_memory_pool(); }

parquet::Compression::type CodecOf(ParquetCompression compression) {
  switch (compression) {
    case ParquetCompression::kSnappy:
      return parquet::Compression::SNAPPY;
    case ParquetCompression::kGzip:
      return parquet::Compression::GZIP;
    case ParquetCompression::kLz4:
      return parquet::Compression::LZ4;
    case ParquetCompression::kUncompressed:
      return parquet::Compression::UNCOMPRESSED;
    case ParquetCompression::kZstd:
      break;
  }
  return parquet::Compression::ZSTD;
}

std::shared_ptr<parquet::WriterProperties> Properties(const ParquetWriterOptions& options,
                                                      const arrow::RecordBatch& sample) {
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(EncodingMemory());
  builder.compression(CodecOf(options.compression));
  // The caller decides where row groups end.
  builder.max_row_group_length(std::numeric_limits<int64_t>::max());
  builder.max_rows_per_page(kPageRowsMax);
  builder.enable_write_page_index();
  const bool whole = sample.num_rows() < kFirstRowsMin;
  for (int i = 0; i < sample.num_columns(); ++i) {
    if (DictionaryPays(*sample.column(i), whole)) continue;
    builder.disable_dictionary(
        parquet::schema::ColumnPath({sample.schema()->field(i)->name()}).ToDotString());
  }
  return builder.build();
}

std::shared_ptr<parquet::ArrowWriterProperties> ArrowProperties(
    const ParquetWriterOptions& options) {
  parquet::ArrowWriterProperties::Builder builder;
  builder.coerce_timestamps(arrow::TimeUnit::MICRO);
  builder.set_use_threads(options.threads);
  return builder.build();
}

}  // namespace

ParquetWriter::ParquetWriter(std::string path, std::shared_ptr<arrow::Schema> schema,
                             std::shared_ptr<arrow::io::OutputStream> output,
                             const ParquetWriterOptions& options)
    : path_(std::move(path)),
      schema_(std::move(schema)),
      output_(std::move(output)),
      options_(options) {}

ParquetWriter::~ParquetWriter() = default;

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::Create(
    storage::ObjectStore& store, const std::string& path,
    const std::shared_ptr<arrow::Schema>& schema, const ParquetWriterOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto output, store.OpenWrite(path));
  return std::unique_ptr<ParquetWriter>(
      new ParquetWriter(path, schema, std::move(output), options));
}

Status ParquetWriter::Open(const arrow::RecordBatch& sample) {
  auto writer = parquet::arrow::FileWriter::Open(
      *schema_, EncodingMemory(), output_, Properties(options_, sample), ArrowProperties(options_));
  if (!writer.ok()) return Explain(writer.status());
  writer_ = *std::move(writer);
  return Status::OK();
}

Status ParquetWriter::Explain(const Status& status) const {
  if (status.ok() || status.detail() || status.IsOutOfMemory()) return status;
  return Error(ErrorCode::kIo, "{}: cannot be written: {}", path_, status.message());
}

Status ParquetWriter::Append(std::shared_ptr<arrow::RecordBatch> batch) {
  if (batch->num_rows() == 0) return Status::OK();
  waiting_rows_ += batch->num_rows();
  waiting_.push_back(std::move(batch));
  return waiting_rows_ >= (writer_ ? kEncodedRowsMin : kFirstRowsMin) ? EncodeWaiting()
                                                                      : Status::OK();
}

Status ParquetWriter::EncodeWaiting() {
  if (waiting_.empty()) return Status::OK();
  auto batch = waiting_.front();
  if (waiting_.size() > 1) {
    ARROW_ASSIGN_OR_RAISE(batch, arrow::ConcatenateRecordBatches(waiting_, EncodingMemory()));
  }
  waiting_.clear();
  waiting_rows_ = 0;
  try {
    if (!writer_) ARROW_RETURN_NOT_OK(Open(*batch));
    if (!in_row_group_) ARROW_RETURN_NOT_OK(Explain(writer_->NewBufferedRowGroup()));
    in_row_group_ = true;
    return Explain(writer_->WriteRecordBatch(*batch));
  } catch (const parquet::ParquetException& failure) {
    return Explain(Status::IOError(failure.what()));
  }
}

Status ParquetWriter::EndRowGroup() {
  ARROW_RETURN_NOT_OK(EncodeWaiting());
  in_row_group_ = false;
  return Status::OK();
}

Status ParquetWriter::WriteRowGroup(const arrow::RecordBatchVector& batches) {
  ARROW_RETURN_NOT_OK(EndRowGroup());
  if (options_.threads) {
    for (const auto& batch : batches) ARROW_RETURN_NOT_OK(Append(batch));
    return EndRowGroup();
  }
  try {
    ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches(schema_, batches));
    if (!writer_) {
      ARROW_ASSIGN_OR_RAISE(const auto sample,
                            table->Slice(0, kFirstRowsMin)->CombineChunksToBatch());
      ARROW_RETURN_NOT_OK(Open(*sample));
    }
    return Explain(writer_->WriteTable(*table, std::max<int64_t>(table->num_rows(), 1)));
  } catch (const parquet::ParquetException& failure) {
    return Explain(Status::IOError(failure.what()));
  }
}

Result<int64_t> ParquetWriter::size_bytes() const { return output_->Tell(); }

Result<int64_t> ParquetWriter::Close() {
  ARROW_RETURN_NOT_OK(EndRowGroup());
  try {
    if (!writer_) {
      ARROW_ASSIGN_OR_RAISE(const auto none, arrow::RecordBatch::MakeEmpty(schema_));
      ARROW_RETURN_NOT_OK(Open(*none));
    }
    ARROW_RETURN_NOT_OK(Explain(writer_->Close()));
  } catch (const parquet::ParquetException& failure) {
    return Explain(Status::IOError(failure.what()));
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t size_bytes, output_->Tell());
  ARROW_RETURN_NOT_OK(output_->Close());
  return size_bytes;
}

}  // namespace deltaport::columnar
