// Deletion vectors for scans: read when a file is opened, kept for the next queries.

#pragma once

#include <cstdint>
#include <memory>

#include <duckdb.hpp>
#include <duckdb/common/multi_file/multi_file_data.hpp>

#include "base/error.h"
#include "base/recent_cache.h"
#include "delta/deletion_vector.h"

namespace deltaport::engine {

// Vectors never change, so one that was read is good for as long as it is kept. Those in use and
// those kept count against DuckDB's memory limit. Safe for concurrent use.
class DeletionVectorCache {
 public:
  // `database` must outlive the vectors that are handed out. Beyond `kept_bytes_max`, those that
  // were not used for the longest time go.
  DeletionVectorCache(duckdb::DatabaseInstance& database, int64_t kept_bytes_max);

  // Errors as delta::ReadDeletionVector; kResourceExhausted if the memory limit does not suffice.
  Result<std::shared_ptr<const delta::DeletedRows>> Get(
      const storage::Location& table, const delta::DeletionVectorDescriptor& vector);

  int64_t kept_bytes() const { return kept_.cost(); }

 private:
  duckdb::DatabaseInstance& database_;
  RecentCache<const delta::DeletedRows> kept_;
};

// Leaves the rows out of a scan of their file. Used by several threads at once.
class DeletedRowFilter final : public duckdb::DeleteFilter {
 public:
  explicit DeletedRowFilter(std::shared_ptr<const delta::DeletedRows> rows)
      : rows_(std::move(rows)) {}

  // Selects the rows of [start, start + count) that stay, as offsets; returns how many.
  duckdb::idx_t Filter(duckdb::row_t start, duckdb::idx_t count,
                       duckdb::SelectionVector& selected) override;

 private:
  const std::shared_ptr<const delta::DeletedRows> rows_;
};

}  // namespace deltaport::engine
