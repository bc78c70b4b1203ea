// What a scan needs of a table, prepared once per TableSource and shared by its queries: the files,
// the columns in DuckDB's types, constants per file, bounds per file.
//
// Immutable for callers and safe to share between threads. What costs time for each file is done on
// first use.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <duckdb.hpp>
#include <duckdb/common/open_file_info.hpp>
#include <duckdb/storage/statistics/base_statistics.hpp>

#include "delta/action.h"
#include "engine/duckdb/file_bounds.h"
#include "engine/duckdb/table_column.h"
#include "engine/table_source.h"

namespace deltaport::engine {

class ScanTable {
 public:
  static Result<std::shared_ptr<const ScanTable>> Make(const TableSource& source);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  const std::vector<TableColumn>& columns() const { return columns_; }
  size_t file_count() const { return file_count_; }
  std::optional<int64_t> row_count() const { return row_count_; }

  // File i with the grant to read it.
  duckdb::OpenFileInfo File(size_t file) const;

  // Rows of file i that its log names as deleted; null if none.
  const delta::DeletionVectorDescriptor* DeletionVector(size_t file) const;
  // Where the vectors' files are; only for a table with a log.
  const storage::Location& location() const { return snapshot_->location(); }
  // Rows in file i, deleted ones included.
  std::optional<int64_t> RecordCount(size_t file) const;

  // Whether the column has one value per file that is not stored in it.
  bool constant(size_t column) const { return constants_[column] != nullptr; }

  // Whether the types are those of a log, which files must match, rather than united from files.
  bool has_fixed_types() const { return snapshot_ != nullptr; }

  // Value of a constant column in a file.
  // The column must be constant. Its texts were checked when the table was made.
  duckdb::Value Constant(size_t column, size_t file) const;

  // What is known of a column in each file; null if nothing.
  const FileBounds* Bounds(size_t column) const;
  // The files' own numbers as if they were a column.
  const FileBounds& FileNumbers() const;

  // Bounds over all files; null where they are not exact enough for the optimizer.
  duckdb::unique_ptr<duckdb::BaseStatistics> TableStatistics(size_t column) const;

 private:
  struct ColumnBounds {
    std::once_flag once;
    std::shared_ptr<const FileBounds> files;
    std::shared_ptr<arrow::Array> min_values;
    std::shared_ptr<arrow::Array> max_values;
    duckdb::unique_ptr<duckdb::BaseStatistics> table;  // Null if unknown.
  };

  Status AddSnapshot(std::shared_ptr<const delta::Snapshot> snapshot);
  Status AddParquetFiles(const ParquetFiles& files);
  const ColumnBounds& BoundsOf(size_t column) const;
  Status ReadBounds(size_t column, ColumnBounds& bounds) const;
  Status MergeBounds(size_t column, ColumnBounds& bounds) const;

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<const delta::Snapshot> snapshot_;  // Null for Parquet files.
  std::shared_ptr<storage::ObjectStore> store_;
  std::vector<storage::ObjectInfo> listed_files_;  // Of Parquet files.
  size_t file_count_ = 0;
  std::vector<TableColumn> columns_;
  std::vector<int> stored_columns_;  // Position in the snapshot's schema, by column.
  std::optional<int64_t> row_count_;
  std::vector<std::shared_ptr<arrow::Array>> constants_;  // By column; null for stored ones.
  std::unique_ptr<ColumnBounds[]> bounds_;
  mutable std::once_flag file_numbers_once_;
  mutable std::shared_ptr<const FileBounds> file_numbers_;
};

// The ScanTables of the sources that are in use.
class ScanTableCache {
 public:
  Result<std::shared_ptr<const ScanTable>> Get(const std::shared_ptr<const TableSource>& source);

 private:
  struct Entry {
    std::weak_ptr<const TableSource> source;
    std::shared_ptr<const ScanTable> table;
  };
  std::mutex lock_;
  std::map<const TableSource*, Entry> entries_;
};

}  // namespace deltaport::engine
