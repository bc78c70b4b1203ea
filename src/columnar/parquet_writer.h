// Writes one Parquet file, row group by row group, into a store.

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "storage/object_store.h"

namespace parquet::arrow {
class FileWriter;
}

namespace deltaport::columnar {

enum class ParquetCompression { kZstd, kSnappy, kGzip, kLz4, kUncompressed };

struct ParquetWriterOptions {
  ParquetCompression compression = ParquetCompression::kZstd;
  // Encodes columns on the threads of Arrow's CPU pool; the caller must not be one of them. A row
  // group then waits, encoded, in memory until the next one starts.
  bool threads = false;
};

class ParquetWriter {
 public:
  // The file appears when it is closed. Timestamps are stored as 64-bit microseconds, fields with
  // the metadata PARQUET:field_id under that id; pages hold at most 20,000 rows and are indexed.
  static Result<std::unique_ptr<ParquetWriter>> Create(storage::ObjectStore& store,
                                                       const std::string& path,
                                                       const std::shared_ptr<arrow::Schema>& schema,
                                                       const ParquetWriterOptions& options);
  // Without Close() nothing remains.
  ~ParquetWriter();

  // The batches become one row group.
  Status WriteRowGroup(const arrow::RecordBatchVector& batches);

  // So far, without the footer and a row group that waits.
  Result<int64_t> size_bytes() const;

  // The whole file's size.
  Result<int64_t> Close();

 private:
  ParquetWriter(std::string path, std::shared_ptr<arrow::Schema> schema,
                std::shared_ptr<arrow::io::OutputStream> output,
                std::unique_ptr<parquet::arrow::FileWriter> writer, bool threads);
  Status Explain(const Status& status) const;

  std::string path_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::OutputStream> output_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  bool threads_;
};

}  // namespace deltaport::columnar
