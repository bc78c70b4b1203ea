// Single pages of column chunks, through the offset index of a Parquet file.
//
// Source of the layout: parquet-format, PageIndex.md. Errors are parquet::ParquetException: the
// callers are the files that wrap the library.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include "columnar/dictionary_cache.h"

namespace deltaport::columnar {

struct ByteRange {
  int64_t offset = 0;
  int64_t size_bytes = 0;
};

// What is to be read of one column chunk.
struct PageSelection {
  std::optional<ByteRange> dictionary;            // If it is not part of `ranges`.
  std::vector<ByteRange> ranges;                  // Whole pages.
  std::vector<std::pair<int64_t, int64_t>> rows;  // Of the group: first and count of each run.
};

// The chunks of one row group by leaf column.
using GroupSelection = std::map<int, PageSelection>;

// Positions of `wanted`, ascending rows of the group, among the selected rows.
std::vector<int64_t> PositionsOf(const PageSelection& selection, std::span<const int64_t> wanted);

// The pages of one file. A value; what it points to must outlive it and all that it opens.
class PageSource {
 public:
  // `file_id` tells this file from all others of the cache, which may be null.
  PageSource(const std::shared_ptr<parquet::FileMetaData>& metadata,
             arrow::io::RandomAccessFile& file, DictionaryCache* dictionaries,
             const std::string& file_id)
      : metadata_(metadata), file_(&file), dictionaries_(dictionaries), file_id_(&file_id) {}

  PageSelection WholeChunk(int group, int leaf) const;

  // The pages of a leaf column that hold `wanted`, ascending rows of the group; the whole chunk
  // where the file has no usable offset index for it.
  PageSelection Select(int group, int leaf, std::span<const int64_t> wanted) const;

  // The rows of each page of a leaf column, first and count, in order; empty where the file has no
  // usable offset index for it.
  std::vector<std::pair<int64_t, int64_t>> PageRows(int group, int leaf) const;

  std::unique_ptr<parquet::PageReader> Open(int group, int leaf,
                                            const PageSelection& selection) const;

  // A file of which the selected chunks of row groups can be read.
  std::unique_ptr<parquet::ParquetFileReader> OpenFile(GroupSelection selections) const;

 private:
  // Null where the file has no usable index for the column.
  std::shared_ptr<parquet::OffsetIndex> IndexOf(int group, int leaf) const;

  std::shared_ptr<parquet::FileMetaData> metadata_;
  arrow::io::RandomAccessFile* file_;
  DictionaryCache* dictionaries_;
  const std::string* file_id_;
};

}  // namespace deltaport::columnar
