#include "columnar/parquet_writer.h"

#include <limits>

#include <arrow/table.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

namespace deltaport::columnar {
namespace {

std::shared_ptr<parquet::WriterProperties> Properties(ParquetCompression compression) {
  parquet::WriterProperties::Builder builder;
  builder.compression(compression == ParquetCompression::kSnappy ? parquet::Compression::SNAPPY
                                                                 : parquet::Compression::ZSTD);
  // The caller decides where row groups end.
  builder.max_row_group_length(std::numeric_limits<int64_t>::max());
  return builder.build();
}

std::shared_ptr<parquet::ArrowWriterProperties> ArrowProperties() {
  parquet::ArrowWriterProperties::Builder builder;
  builder.coerce_timestamps(arrow::TimeUnit::MICRO);
  return builder.build();
}

}  // namespace

ParquetWriter::ParquetWriter(std::string path, std::shared_ptr<arrow::Schema> schema,
                             std::shared_ptr<arrow::io::OutputStream> output,
                             std::unique_ptr<parquet::arrow::FileWriter> writer)
    : path_(std::move(path)),
      schema_(std::move(schema)),
      output_(std::move(output)),
      writer_(std::move(writer)) {}

ParquetWriter::~ParquetWriter() = default;

Result<std::unique_ptr<ParquetWriter>> ParquetWriter::Create(
    storage::ObjectStore& store, const std::string& path,
    const std::shared_ptr<arrow::Schema>& schema, ParquetCompression compression) {
  ARROW_ASSIGN_OR_RAISE(auto output, store.OpenWrite(path));
  try {
    ARROW_ASSIGN_OR_RAISE(
        auto writer, parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), output,
                                                      Properties(compression), ArrowProperties()));
    return std::unique_ptr<ParquetWriter>(
        new ParquetWriter(path, schema, std::move(output), std::move(writer)));
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
    ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches(schema_, batches));
    return Explain(writer_->WriteTable(*table, std::max<int64_t>(table->num_rows(), 1)));
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
