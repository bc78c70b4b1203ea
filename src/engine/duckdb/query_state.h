// What a running query carries through DuckDB: the tables it may see and the first error that our
// own code met, which says more than the exception that DuckDB makes of it.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>

#include "engine/duckdb/deletion_vectors.h"
#include "engine/duckdb/scan_table.h"
#include "engine/duckdb/stream_input.h"
#include "engine/table_source.h"

namespace deltaport::engine {

// What queries share.
struct ScanCaches {
  std::shared_ptr<ScanTableCache> tables;
  std::shared_ptr<DeletionVectorCache> deletion_vectors;
};

class QueryState final : public duckdb::ClientContextState {
 public:
  QueryState(std::shared_ptr<const TableResolver> tables, ScanCaches caches)
      : tables_(std::move(tables)), caches_(std::move(caches)) {}

  // Of a query of our own: its tables show their virtual columns, and `streams` are tables, too.
  QueryState(std::shared_ptr<const TableResolver> tables, ScanCaches caches, StreamInputs streams)
      : tables_(std::move(tables)),
        caches_(std::move(caches)),
        internal_(true),
        streams_(std::move(streams)) {}

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
  const ScanCaches& caches() const { return caches_; }
  bool internal() const { return internal_; }
  // Null if there is none of that name, which is in lower case.
  StreamInput* stream(const std::string& name) const {
    const auto found = streams_.find(name);
    return found == streams_.end() ? nullptr : found->second.get();
  }

  // Keeps the first error. Any thread.
  void Record(Status status) {
    const std::lock_guard guard(lock_);
    if (recorded_.ok()) recorded_ = std::move(status);
  }
  Status recorded() const {
    for (const auto& [name, stream] : streams_) ARROW_RETURN_NOT_OK(stream->failure());
    const std::lock_guard guard(lock_);
    return recorded_;
  }

 private:
  static constexpr char kKey[] = "deltaport_query";

  const std::shared_ptr<const TableResolver> tables_;
  const ScanCaches caches_;
  const bool internal_ = false;
  const StreamInputs streams_;
  mutable std::mutex lock_;
  Status recorded_;
};

}  // namespace deltaport::engine
