// Single rows of a Parquet file by their numbers, for look-ups that want few rows of many columns.
//
// Where a file has a page index, only the pages that hold the rows are read and unpacked; without
// one, the row groups that hold them. Source of the layout: parquet-format, PageIndex.md.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"
#include "storage/object_store.h"

namespace parquet {
class FileMetaData;
}

namespace deltaport::columnar {

// The footer of a file, parsed once; safe to share between threads.
class ParquetFooter {
 public:
  // kCorruptTable naming the path if this is no Parquet file; errors of the store as they are.
  static Result<std::shared_ptr<const ParquetFooter>> Read(
      const std::string& path, const std::shared_ptr<arrow::io::RandomAccessFile>& file);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  // An estimate of what it holds.
  int64_t memory_bytes() const { return memory_bytes_; }

 private:
  friend class ParquetRows;
  ParquetFooter() = default;

  std::string path_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::vector<int>> leaves_;  // Leaf columns of each field.
  std::vector<int64_t> first_rows_;       // Of each row group, and the number of rows at the end.
  int64_t memory_bytes_ = 0;
};

// Not safe for concurrent use; open one for each look-up.
class ParquetRows {
 public:
  ParquetRows(std::shared_ptr<const ParquetFooter> footer,
              std::shared_ptr<arrow::io::RandomAccessFile> file);

  // The values of a field (a position in the footer's schema) in those rows, in that order.
  // kCorruptTable naming the path for damage or a row that the file does not have.
  Result<std::shared_ptr<arrow::Array>> Read(int field, std::span<const int64_t> rows) const;

 private:
  Result<std::shared_ptr<arrow::ChunkedArray>> ReadGroup(int field, int group,
                                                         std::span<const int64_t> wanted,
                                                         std::vector<int64_t>& positions) const;

  std::shared_ptr<const ParquetFooter> footer_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
};

}  // namespace deltaport::columnar
