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
  // The first rows decide which columns get dictionaries (dictionary_choice.h).
  static Result<std::unique_ptr<ParquetWriter>> Create(storage::ObjectStore& store,
                                                       const std::string& path,
                                                       const std::shared_ptr<arrow::Schema>& schema,
                                                       const ParquetWriterOptions& options);
  // Without Close() nothing remains.
  ~ParquetWriter();

  // Adds rows to the row group that is open. Encodes them soon, so what waits in memory is small:
  // encoded pages and fewer than 64 Ki rows.
  Status Append(std::shared_ptr<arrow::RecordBatch> batch);
  // What is appended from here on belongs to another row group.
  Status EndRowGroup();

  // The batches become one row group. Without threads none of it waits in memory encoded.
  Status WriteRowGroup(const arrow::RecordBatchVector& batches);

  // So far, without the footer and a row group that waits.
  Result<int64_t> size_bytes() const;

  // The whole file's size.
  Result<int64_t> Close();

 private:
  ParquetWriter(std::string path, std::shared_ptr<arrow::Schema> schema,
                std::shared_ptr<arrow::io::OutputStream> output,
                const ParquetWriterOptions& options);
  Status Open(const arrow::RecordBatch& sample);
  Status EncodeWaiting();
  Status Explain(const Status& status) const;

  std::string path_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::OutputStream> output_;
  const ParquetWriterOptions options_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;  // Null until the first rows come.
  arrow::RecordBatchVector waiting_;
  int64_t waiting_rows_ = 0;
  bool in_row_group_ = false;
};

}  // namespace deltaport::columnar
