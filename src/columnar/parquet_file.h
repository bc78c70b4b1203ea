// Reads chosen columns of one Parquet file as Arrow batches.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include "base/error.h"
#include "storage/object_store.h"

namespace parquet {
class FileMetaData;
}
namespace parquet::arrow {
class FileReader;
}

namespace deltaport::columnar {

struct ParquetFileOptions {
  bool large_strings = false;  // Strings with 64-bit offsets: a row group is one array each.
  int64_t batch_rows = 4096;   // Of Read, at most.
};

class ParquetFile {
 public:
  // kCorruptTable naming the path if this is no Parquet file; errors of the store as they are.
  static Result<std::unique_ptr<ParquetFile>> Open(const storage::ObjectStore& store,
                                                   const std::string& path,
                                                   const ParquetFileOptions& options = {});
  // The same file again, for another thread: neither opened nor its footer read a second time.
  Result<std::unique_ptr<ParquetFile>> Reopen() const;
  ~ParquetFile();

  const std::string& path() const { return path_; }
  int64_t rows() const;
  int row_groups() const;

  // True if a leaf column has that dotted path ("add.stats").
  bool HasLeaf(std::string_view path) const;

  // True if every row group says that the leaf is null throughout, or there is none of that path.
  bool LeafIsNull(std::string_view path) const;

  // What the footer notes under that key.
  std::optional<std::string> Note(const std::string& key) const;

  // All leaves by their dotted paths, in file order.
  std::vector<std::string> LeafPaths() const;
  // What the leaf of that number holds in a row group. Looked up in the column's levels where the
  // footer says that all values are null, otherwise taken to be there.
  struct LeafContent {
    bool has_values = true;     // Some value is not null.
    bool has_outermost = true;  // In some row its outermost field is not null.
  };
  LeafContent ContentOf(int group, size_t leaf) const;
  // What the footer says a leaf's values take in a row group before they are compressed; 0 if there
  // is no such leaf. A damaged footer says anything.
  int64_t UnpackedBytes(int group, std::string_view leaf) const;

  // The columns as Arrow has them.
  Result<std::shared_ptr<arrow::Schema>> Schema() const;

  // What the footer says about all values of a leaf. Bounds are at least as wide as the values
  // (writers cut long texts) and leave out NaN; empty, or nullopt, where some row group is silent.
  struct LeafSummary {
    arrow::ScalarVector bounds;  // Minima and maxima of the row groups that have values.
    std::optional<int64_t> null_count;
  };
  LeafSummary Summarize(std::string_view leaf) const;

  // Batches of the leaves that `wanted` accepts. Errors name the path; the
  // reader keeps the file open.
  Result<std::shared_ptr<arrow::RecordBatchReader>> Read(
      const std::function<bool(std::string_view leaf)>& wanted) const;

  // The same of one row group.
  Result<std::shared_ptr<arrow::RecordBatchReader>> ReadBatches(
      int group, const std::function<bool(std::string_view leaf)>& wanted) const;

  // All rows of one row group as one batch. Errors name the path.
  Result<std::shared_ptr<arrow::RecordBatch>> ReadRowGroup(
      int group, const std::function<bool(std::string_view leaf)>& wanted) const;

  // The code and context that an error from a batch reader of this file needs.
  Status Explain(const Status& status) const;

 private:
  ParquetFile(std::string path, const ParquetFileOptions& options,
              std::shared_ptr<arrow::io::RandomAccessFile> input,
              std::unique_ptr<parquet::arrow::FileReader> reader);
  static Result<std::unique_ptr<ParquetFile>> OpenWith(
      std::shared_ptr<arrow::io::RandomAccessFile> input, const std::string& path,
      const ParquetFileOptions& options, std::shared_ptr<parquet::FileMetaData> metadata);
  std::vector<int> Leaves(const std::function<bool(std::string_view leaf)>& wanted) const;
  Result<std::shared_ptr<arrow::RecordBatchReader>> ReadGroups(
      const std::vector<int>& groups,
      const std::function<bool(std::string_view leaf)>& wanted) const;

  std::string path_;
  ParquetFileOptions options_;
  std::shared_ptr<arrow::io::RandomAccessFile> input_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
};

}  // namespace deltaport::columnar
