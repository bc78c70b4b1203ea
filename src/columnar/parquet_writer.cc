#include "columnar/parquet_writer.h"

#include <limits>

#include <arrow/table.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

namespace deltaport::columnar {
namespace {

// Small batches are joined to at least this many rows: encoding has a cost for each batch.
constexpr int64_t kEncodedRowsMin = 64 * 1024;
// Point look-ups read single pages.
constexpr int64_t kPageRowsMax = 20'000;

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

std::shared_ptr<parquet::WriterProperties> Properties(const ParquetWriterOptions& options) {
  parquet::WriterProperties::Builder builder;
  builder.compression(CodecOf(options.compression));
  // The caller decides where row groups end.
  builder.max_row_group_length(std::numeric_limits<int64_t>::max());
  builder.max_rows_per_page(kPageRowsMax);
  builder.enable_write_page_index();
  return builder.build();
}

std::shared_ptr<parquet::ArrowWriterProperties> ArrowProperties(
    const ParquetWriterOptions& options) {
  parquet::ArrowWriterProperties::Builder builder;
  builder.coerce_timestamps(arrow::TimeUnit::MICRO);
  builder.set_use_threads(options.threads);
  return builder.build();
}

// The same rows in batches that are worth encoding.
Result<arrow::RecordBatchVector> Joined(const arrow::RecordBatchVector& batches) {
  arrow::RecordBatchVector joined;
  arrow::RecordBatchVector run;
  int64_t rows = 0;
  const auto finish = [&]() -> Status {
    if (run.empty()) return Status::OK();
    if (run.size() == 1) {
      joined.push_back(run.front());
    } else {
      ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ConcatenateRecordBatches(run));
      joined.push_back(std::move(batch));
    }
    run.clear();
    rows = 0;
    return Status::OK();
  };
  for (const auto& batch : batches) {
    run.push_back(batch);
    rows += batch->num_rows();
    if (rows >= kEncodedRowsMin) ARROW_RETURN_NOT_OK(finish());
  }
  ARROW_RETURN_NOT_OK(finish());
  return joined;
}

}  // namespace

ParquetWriter::ParquetWriter(std::string path, std::shared_ptr<arrow::Schema> schema,
                             std::shared_ptr<arrow::io::OutputStream> output,
                             std::unique_ptr<parquet::arrow::FileWriter> writer, bool threads)
    : path_(std::move(path)),
      schema_(std::move(schema)),
      output_(std::move(output)),
      writer_(std::move(writer)),
      threads_(threads) {}

ParquetWriter::~ParquetWriter() = default;

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::Create(
    storage::ObjectStore& store, const std::string& path,
    const std::shared_ptr<arrow::Schema>& schema, const ParquetWriterOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto output, store.OpenWrite(path));
  try {
    ARROW_ASSIGN_OR_RAISE(auto writer, parquet::arrow::FileWriter::Open(
                                           *schema, arrow::default_memory_pool(), output,
                                           Properties(options), ArrowProperties(options)));
    return std::unique_ptr<ParquetWriter>(
        new ParquetWriter(path, schema, std::move(output), std::move(writer), options.threads));
  } catch (const parquet::ParquetException& failure) {
    return Error(ErrorCode::kIo, "{}: cannot be written: {}", path, failure.what());
  }
}

Status ParquetWriter::Explain(const Status& status) const {
  if (status.ok() || status.detail() || status.IsOutOfMemory()) return status;
  return Error(ErrorCode::kIo, "{}: cannot be written: {}", path_, status.message());
}

Status ParquetWriter::WriteRowGroup(const arrow::RecordBatchVector& batches) {
  try {
    if (!threads_) {
      ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches(schema_, batches));
      return Explain(writer_->WriteTable(*table, std::max<int64_t>(table->num_rows(), 1)));
    }
    ARROW_ASSIGN_OR_RAISE(const auto joined, Joined(batches));
    ARROW_RETURN_NOT_OK(Explain(writer_->NewBufferedRowGroup()));
    for (const auto& batch : joined) {
      ARROW_RETURN_NOT_OK(Explain(writer_->WriteRecordBatch(*batch)));
    }
    return Status::OK();
  } catch (const parquet::ParquetException& failure) {
    return Explain(Status::IOError(failure.what()));
  }
}

Result<int64_t> ParquetWriter::size_bytes() const { return output_->Tell(); }

Result<int64_t> ParquetWriter::Close() {
  try {
    ARROW_RETURN_NOT_OK(Explain(writer_->Close()));
  } catch (const parquet::ParquetException& failure) {
    return Explain(Status::IOError(failure.what()));
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t size_bytes, output_->Tell());
  ARROW_RETURN_NOT_OK(output_->Close());
  return size_bytes;
}

}  // namespace deltaport::columnar
