// Single rows of a Parquet file by their numbers or by a value, for look-ups that want few rows of
// many columns.
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
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"
#include "columnar/dictionary_cache.h"
#include "storage/object_store.h"

namespace parquet {
class ArrowReaderProperties;
class ColumnDescriptor;
class FileMetaData;
}  // namespace parquet

namespace deltaport::columnar {

class PageSource;

// The footer of a file, parsed once; safe to share between threads.
class ParquetFooter {
 public:
  // kCorruptTable naming the path if this is no Parquet file; errors of the store as they are.
  static Result<std::shared_ptr<const ParquetFooter>> Read(
      const std::string& path, const std::shared_ptr<arrow::io::RandomAccessFile>& file);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  // Leaf columns of a field, ascending.
  const std::vector<int>& leaves(int field) const { return leaves_[static_cast<size_t>(field)]; }
  const std::shared_ptr<parquet::FileMetaData>& metadata() const { return metadata_; }
  // Whether the writer counted days before 1582-10-15, or INT96 timestamps, in the hybrid calendar,
  // as old versions of Spark did and newer ones may: such days and timestamps need a conversion
  // that is not done here. Source: the notes org.apache.spark.* of the footer.
  bool has_hybrid_days() const { return has_hybrid_days_; }
  // An estimate of what it holds.
  int64_t memory_bytes() const { return memory_bytes_; }

  // How the file is read as `schema`.
  static parquet::ArrowReaderProperties ArrowProperties();
  // Errors of the store keep their code; all others become kCorruptTable naming the path.
  Status Explain(const Status& status) const;

 private:
  friend class ParquetRows;
  ParquetFooter() = default;

  std::string path_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::vector<int>> leaves_;  // Leaf columns of each field.
  std::string id_;                        // No other footer's.
  std::vector<int64_t> first_rows_;       // Of each row group, and the number of rows at the end.
  bool has_hybrid_days_ = false;
  int64_t memory_bytes_ = 0;
};

// Not safe for concurrent use; open one for each look-up.
class ParquetRows {
 public:
  // `dictionaries`, if any, outlives it.
  ParquetRows(std::shared_ptr<const ParquetFooter> footer,
              std::shared_ptr<arrow::io::RandomAccessFile> file,
              DictionaryCache* dictionaries = nullptr);

  // The values of a field (a position in the footer's schema) in those rows, in that order.
  // kCorruptTable naming the path for damage or a row that the file does not have.
  Result<std::shared_ptr<arrow::Array>> Read(int field, std::span<const int64_t> rows) const;

  // The rows, ascending, whose value in a field equals one of `values` (of the field's type, none
  // null). Nullopt if a scan finds them better: the page indexes leave many pages, there is none,
  // or the type has no bounds (HaveBounds). kCorruptTable naming the path for damage.
  Result<std::optional<std::vector<int64_t>>> FindEqual(int field,
                                                        const arrow::Array& values) const;

 private:
  PageSource Pages() const;
  // The leaf of a field whose single values can be read; null for others.
  const parquet::ColumnDescriptor* PlainLeaf(int field) const;
  Result<std::shared_ptr<arrow::Array>> ReadGroup(int field, int group,
                                                  std::span<const int64_t> wanted) const;
  Result<std::vector<bool>> GroupsThatMayHold(int field, const arrow::Array& values) const;
  // First row in the group and count of each page; nullopt where the file has no page index.
  Result<std::optional<std::vector<std::pair<int64_t, int64_t>>>> PagesThatMayHold(
      int field, int group, const arrow::Array& values) const;
  Result<std::optional<std::vector<int64_t>>> FindAmongPages(int field,
                                                             const arrow::Array& values) const;

  std::shared_ptr<const ParquetFooter> footer_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  DictionaryCache* dictionaries_;
};

}  // namespace deltaport::columnar
