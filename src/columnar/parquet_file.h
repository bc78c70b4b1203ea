// Reads chosen columns of one Parquet file as Arrow batches.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include "base/error.h"
#include "storage/object_store.h"

namespace parquet::arrow {
class FileReader;
}

namespace deltaport::columnar {

class ParquetFile {
 public:
  // kCorruptTable naming the path if this is no Parquet file; errors of the store as they are.
  static Result<std::unique_ptr<ParquetFile>> Open(const storage::ObjectStore& store,
                                                   const std::string& path);
  ~ParquetFile();

  int64_t rows() const;

  // True if a leaf column has that dotted path ("add.stats").
  bool HasLeaf(std::string_view path) const;

  // True if every row group says that the leaf is null throughout, or there is none of that path.
  bool LeafIsNull(std::string_view path) const;

  // The columns as Arrow has them.
  Result<std::shared_ptr<arrow::Schema>> Schema() const;

  // What the footer says about all values of a leaf. Bounds are at least as wide as the values
  // (writers cut long texts) and leave out NaN; empty, or nullopt, where some row group is silent.
  struct LeafSummary {
    arrow::ScalarVector bounds;  // Minima and maxima of the row groups that have values.
    std::optional<int64_t> null_count;
  };
  LeafSummary Summarize(std::string_view leaf) const;

  // Batches of the leaves that `wanted` accepts, at most 4096 rows each. Errors name the path; the
  // reader keeps the file open.
  Result<std::shared_ptr<arrow::RecordBatchReader>> Read(
      const std::function<bool(std::string_view leaf)>& wanted) const;

  // The code and context that an error from a batch reader of this file needs.
  Status Explain(const Status& status) const;

 private:
  ParquetFile(std::string path, std::unique_ptr<parquet::arrow::FileReader> reader);

  std::string path_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
};

}  // namespace deltaport::columnar
