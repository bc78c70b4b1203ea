// What a scan needs of a table, prepared once per TableSource and shared by its queries: the files
// as grants, the columns in DuckDB's types, constants per file, bounds per file.
//
// Immutable for callers and safe to share between threads.

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

#include "engine/table_source.h"

namespace deltaport::engine {

class ScanTable {
 public:
  struct Column {
    std::string name;
    std::string physical_name;  // In the data files.
    duckdb::LogicalType type;
    bool constant = false;  // One value per file, not stored in it.
  };

  static Result<std::shared_ptr<const ScanTable>> Make(const TableSource& source);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  const std::vector<Column>& columns() const { return columns_; }
  const std::vector<duckdb::OpenFileInfo>& files() const { return files_; }
  std::optional<int64_t> row_count() const { return row_count_; }

  // Value of a constant column in a file.
  // The column must be constant. Its texts were checked when the table was made.
  duckdb::Value Constant(size_t column, size_t file) const;

  // Bounds of a column in a file; null where nothing is known.
  const duckdb::BaseStatistics* FileStatistics(size_t column, size_t file) const;

  // Bounds over all files; null where they are not exact enough for the optimizer.
  duckdb::unique_ptr<duckdb::BaseStatistics> TableStatistics(size_t column) const;

 private:
  struct Bounds {
    std::once_flag once;
    std::vector<duckdb::unique_ptr<duckdb::BaseStatistics>> files;
  };

  Status AddSnapshot(std::shared_ptr<const delta::Snapshot> snapshot);
  Status AddParquetFiles(const ParquetFiles& files);
  Status AddColumn(const arrow::Field& field, std::string physical_name, bool constant);
  const std::vector<duckdb::unique_ptr<duckdb::BaseStatistics>>& BoundsOf(size_t column) const;

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<const delta::Snapshot> snapshot_;  // Null for Parquet files.
  std::vector<Column> columns_;
  std::vector<int> stored_columns_;  // Position in the snapshot's schema, by column.
  std::vector<duckdb::OpenFileInfo> files_;
  std::optional<int64_t> row_count_;
  std::vector<std::shared_ptr<arrow::Array>> constants_;  // By column; null for stored ones.
  std::unique_ptr<Bounds[]> bounds_;
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
