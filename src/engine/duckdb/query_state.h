// What a running query carries through DuckDB: the tables it may see and the first error that our
// own code met, which says more than the exception that DuckDB makes of it.

#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>

#include "engine/duckdb/scan_table.h"
#include "engine/table_source.h"

namespace deltaport::engine {

class QueryState final : public duckdb::ClientContextState {
 public:
  QueryState(std::shared_ptr<const TableResolver> tables, std::shared_ptr<ScanTableCache> cache)
      : tables_(std::move(tables)), cache_(std::move(cache)) {}

  // Makes `state` that of the next query of the context; the old one goes.
  static void Set(duckdb::ClientContext& context, duckdb::shared_ptr<QueryState> state) {
    Clear(context);
    context.registered_state->Insert(kKey, std::move(state));
  }
  static void Clear(duckdb::ClientContext& context) { context.registered_state->Remove(kKey); }
  // Null outside of a query of ours.
  static duckdb::shared_ptr<QueryState> Get(duckdb::ClientContext& context) {
    return context.registered_state->Get<QueryState>(kKey);
  }

  const std::shared_ptr<const TableResolver>& tables() const { return tables_; }
  ScanTableCache& cache() { return *cache_; }

  // Keeps the first error. Any thread.
  void Record(Status status) {
    const std::lock_guard guard(lock_);
    if (recorded_.ok()) recorded_ = std::move(status);
  }
  Status recorded() const {
    const std::lock_guard guard(lock_);
    return recorded_;
  }

 private:
  static constexpr char kKey[] = "deltaport_query";

  const std::shared_ptr<const TableResolver> tables_;
  const std::shared_ptr<ScanTableCache> cache_;
  mutable std::mutex lock_;
  Status recorded_;
};

}  // namespace deltaport::engine
