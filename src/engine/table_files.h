// The data files of a table, read without an engine: their footers, and which of their columns
// stand for those of the table.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/array.h>

#include "base/error.h"
#include "base/recent_cache.h"
#include "columnar/parquet_rows.h"
#include "engine/table_source.h"

namespace deltaport::engine {

// Null for a table of plain Parquet files.
const delta::Snapshot* SnapshotOf(const TableSource& table);

size_t FileCount(const TableSource& table);

// What a file must hold for a column: its name there; nullopt if it is no column of the files, or
// found there by its id.
std::optional<std::string> StoredName(const TableSource& table, const std::string& column);

bool HasDeletedRows(const TableSource& table, size_t file);

// The values of a partition column of a Delta table, one slot a file; null for other columns and
// tables.
Result<std::shared_ptr<arrow::Array>> FilePartitionValues(const TableSource& table,
                                                          const std::string& column);

// The position of the field that holds `column` in a file with that footer, if the file has it in
// the type of the table and its days in our calendar.
std::optional<int> StoredField(const TableSource& table, const columnar::ParquetFooter& footer,
                               const std::string& column);

// What a file outside of any log is now; kCorruptTable if it has not the size that was listed.
Result<storage::ObjectInfo> HeadOfListed(const storage::ObjectStore& store, const std::string& path,
                                         int64_t size_bytes);

// What opening a table's data file failed with: kCorruptTable naming the file if it is missing.
Status ExplainOpen(const Status& status, const std::string& path, bool in_log);

// Thread-safe. Keeps the footers of files that it has read, within a bound.
class TableFiles {
 public:
  struct OpenFile {
    std::shared_ptr<const columnar::ParquetFooter> footer;
    std::shared_ptr<arrow::io::RandomAccessFile> file;
  };

  explicit TableFiles(int64_t footers_bytes) : footers_(footers_bytes) {}

  // kCorruptTable naming the file if it is no Parquet file; errors of the store as they are.
  Result<OpenFile> Open(const TableSource& table, size_t file);

 private:
  RecentCache<const columnar::ParquetFooter> footers_;
};

}  // namespace deltaport::engine
