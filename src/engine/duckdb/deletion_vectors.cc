#include "engine/duckdb/deletion_vectors.h"

#include <array>

#include <duckdb/storage/buffer_manager.hpp>

#include "engine/duckdb/error_translation.h"

namespace deltaport::engine {
namespace {

// Rows that DuckDB's memory limit knows about.
struct CountedRows {
  CountedRows(std::shared_ptr<const delta::DeletedRows> counted, duckdb::BufferManager& manager)
      : rows(std::move(counted)),
        buffers(manager),
        bytes(static_cast<duckdb::idx_t>(rows->memory_bytes())) {
    buffers.ReserveMemory(bytes);
  }
  ~CountedRows() { buffers.FreeReservedMemory(bytes); }
  CountedRows(const CountedRows&) = delete;
  CountedRows& operator=(const CountedRows&) = delete;

  const std::shared_ptr<const delta::DeletedRows> rows;
  duckdb::BufferManager& buffers;
  const duckdb::idx_t bytes;
};

std::string KeyOf(const storage::Location& table, const delta::DeletionVectorDescriptor& vector) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", static_cast<const void*>(table.store.get()),
                     table.path, vector.storage_type, vector.path_or_inline,
                     vector.offset.value_or(0), vector.size_bytes);
}

}  // namespace

DeletionVectorCache::DeletionVectorCache(duckdb::DatabaseInstance& database, int64_t kept_bytes_max)
    : database_(database), kept_(kept_bytes_max) {}

Result<std::shared_ptr<const delta::DeletedRows>> DeletionVectorCache::Get(
    const storage::Location& table, const delta::DeletionVectorDescriptor& vector) {
  const std::string key = KeyOf(table, vector);
  if (auto kept = kept_.Find(key)) return kept;
  ARROW_ASSIGN_OR_RAISE(auto read, delta::ReadDeletionVector(table, vector));
  ARROW_ASSIGN_OR_RAISE(const auto counted,
                        CatchDuckDb([&]() -> Result<std::shared_ptr<const CountedRows>> {
                          return std::make_shared<const CountedRows>(
                              std::move(read), duckdb::BufferManager::GetBufferManager(database_));
                        }));
  std::shared_ptr<const delta::DeletedRows> rows(counted, counted->rows.get());
  kept_.Keep(key, rows, rows->memory_bytes() + static_cast<int64_t>(key.size()));
  return rows;
}

duckdb::idx_t DeletedRowFilter::Filter(duckdb::row_t start, duckdb::idx_t count,
                                       duckdb::SelectionVector& selected) {
  std::array<int64_t, STANDARD_VECTOR_SIZE> deleted;
  const int64_t end = start + static_cast<int64_t>(count);
  const size_t found = rows_->RowsFrom(start, std::span(deleted).first(count));
  size_t next = 0;
  while (next < found && deleted[next] < end) ++next;
  if (next == 0) return count;
  selected.Initialize(STANDARD_VECTOR_SIZE);
  duckdb::idx_t kept = 0;
  size_t at = 0;
  for (duckdb::idx_t offset = 0; offset < count; ++offset) {
    if (at < next && deleted[at] == start + static_cast<int64_t>(offset)) {
      ++at;
    } else {
      selected.set_index(kept++, offset);
    }
  }
  return kept;
}

}  // namespace deltaport::engine
