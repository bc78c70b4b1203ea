// Tables and queries for the tests of the engine.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <arrow/table.h>

#include "engine/query_engine.h"
#include "storage/memory_store.h"

namespace deltaport::engine {

// Remembers which objects were opened.
class WatchedStore final : public storage::ObjectStore {
 public:
  std::string_view scheme() const override { return "memory"; }
  Result<storage::ObjectInfo> Head(const std::string& path) const override {
    return inner_->Head(path);
  }
  Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& path) const override {
    return inner_->Read(path);
  }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path, std::optional<int64_t> size_bytes) const override {
    const std::lock_guard guard(lock_);
    opened.insert(path);
    return inner_->Open(path, size_bytes);
  }
  Result<std::vector<storage::ObjectInfo>> List(const std::string& directory,
                                                std::string_view start_after) const override {
    return inner_->List(directory, start_after);
  }
  Result<std::vector<storage::ObjectInfo>> ListRecursive(
      const std::string& directory) const override {
    return inner_->ListRecursive(directory);
  }
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return inner_->PutIfAbsent(path, bytes);
  }
  Status Put(const std::string& path, std::string_view bytes) override {
    return inner_->Put(path, bytes);
  }
  Result<std::shared_ptr<arrow::io::OutputStream>> OpenWrite(const std::string& path) override {
    return inner_->OpenWrite(path);
  }
  Status Remove(const std::string& path) override { return inner_->Remove(path); }

  mutable std::set<std::string> opened;  // Read it while no query runs.

 private:
  mutable std::mutex lock_;
  std::shared_ptr<storage::MemoryStore> inner_ = std::make_shared<storage::MemoryStore>();
};

// Tables by name, without regard to case. Ignores time travel.
class TestTables final : public TableResolver {
 public:
  void Add(std::shared_ptr<const TableSource> table);
  Result<std::shared_ptr<const TableSource>> Resolve(std::string_view name,
                                                     const delta::TimeTravel& at) const override;
  std::vector<std::string> Names() const override;

  mutable std::vector<delta::TimeTravel> asked;  // Read it while no query runs.

 private:
  mutable std::mutex lock_;  // Queries resolve on their own threads.
  std::map<std::string, std::shared_ptr<const TableSource>> tables_;
};

// An engine over a store in memory.
struct TestEngine {
  explicit TestEngine(EngineOptions options = {});

  // Writes `table` as Parquet and returns its size.
  int64_t WriteParquet(const std::string& path, const arrow::Table& table,
                       int64_t row_group_rows = 1 << 20);
  // Opens Parquet files as a table that SQL sees, too.
  std::shared_ptr<const TableSource> AddParquet(const std::string& name,
                                                const std::string& pattern);

  // A Delta table at /NAME. Each call of AppendRows makes one file for each partition.
  void CreateDelta(const std::string& name, const arrow::Schema& schema,
                   const std::vector<std::string>& partition_columns = {});
  void AppendRows(const std::string& name, const std::shared_ptr<arrow::Table>& rows,
                  int64_t row_group_rows = 1 << 20);
  // Gives file `file` of the table's latest version a deletion vector with these rows and those
  // that it had. Returns the path of the vector's file.
  std::string DeleteRows(const std::string& name, size_t file, const std::vector<int64_t>& rows);
  // Opens the latest version as a table that SQL sees, and forgets what was opened.
  std::shared_ptr<const TableSource> AddDelta(const std::string& name);

  Result<std::shared_ptr<arrow::Table>> Internal(const InternalQuery& query,
                                                 const CancelToken& token = CancelToken());

  Result<std::shared_ptr<arrow::Table>> Sql(const std::string& text,
                                            const CancelToken& token = CancelToken());
  Result<std::shared_ptr<arrow::Table>> Run(const std::shared_ptr<const TableSource>& table,
                                            const BoundQuery& query,
                                            const CancelToken& token = CancelToken());

  std::shared_ptr<WatchedStore> store = std::make_shared<WatchedStore>();
  std::shared_ptr<TestTables> tables = std::make_shared<TestTables>();
  std::unique_ptr<QueryEngine> engine;
};

// A table out of JSON rows: `{"a":1}`.
std::shared_ptr<arrow::Table> TableOf(const std::shared_ptr<arrow::Schema>& schema,
                                      const std::string& json_rows);

// The only cell of the only row as text, or the message of the error.
std::string OneCell(const Result<std::shared_ptr<arrow::Table>>& result);

// A column of 64-bit integers.
std::vector<int64_t> Integers(const arrow::Table& table, int column = 0);

// All columns, unchanged.
BoundQuery SelectAll(const arrow::Schema& schema);

}  // namespace deltaport::engine
