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

enum class ParquetCompression { kZstd, kSnappy };

class ParquetWriter {
 public:
  // The file appears when it is closed. Timestamps are stored as 64-bit microseconds.
  static Result<std::unique_ptr<ParquetWriter>> Create(storage::ObjectStore& store,
                                                       const std::string& path,
                                                       const std::shared_ptr<arrow::Schema>& schema,
                                                       ParquetCompression compression);
  // Without Close() nothing remains.
  ~ParquetWriter();

  // The batches become one row group.
  Status WriteRowGroup(const arrow::RecordBatchVector& batches);

  // So far, without the footer.
  Result<int64_t> size_bytes() const;

  // The whole file's size.
  Result<int64_t> Close();

 private:
  ParquetWriter(std::string path, std::shared_ptr<arrow::Schema> schema,
                std::shared_ptr<arrow::io::OutputStream> output,
                std::unique_ptr<parquet::arrow::FileWriter> writer);
  Status Explain(const Status& status) const;

  std::string path_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::OutputStream> output_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace deltaport::columnar
