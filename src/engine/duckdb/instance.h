// One locked DuckDB in memory and its connections.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <duckdb.hpp>

#include "engine/duckdb/query_state.h"
#include "engine/query_engine.h"

namespace deltaport::engine {

// Whether rows come in the order of their tables where nothing else orders them. They do, until
// this turns it off for as long as the connection is on loan.
void KeepOrder(duckdb::Connection& connection, bool keep);

// Safe for concurrent use. The settings cannot be changed after Open(): not by SQL either.
class Instance : public std::enable_shared_from_this<Instance> {
 public:
  // A connection on loan; its destructor gives it back. A connection whose query did not run to its
  // end must be dropped instead.
  class Lease {
   public:
    Lease(std::shared_ptr<Instance> owner, std::unique_ptr<duckdb::Connection> connection)
        : owner_(std::move(owner)), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    duckdb::Connection& operator*() const { return *connection_; }
    duckdb::Connection* operator->() const { return connection_.get(); }
    void Drop() { connection_.reset(); }

   private:
    std::shared_ptr<Instance> owner_;
    std::unique_ptr<duckdb::Connection> connection_;
  };

  static Result<std::shared_ptr<Instance>> Open(const EngineOptions& options);
  // With its defaults and free access to local files: for the operator's own imports only.
  static Result<std::shared_ptr<Instance>> OpenUnlocked();
  ~Instance();

  Result<Lease> Connect();
  const ScanCaches& caches() const { return caches_; }
  duckdb::DuckDB& database() { return *database_; }
  int64_t memory_limit_bytes() const { return memory_limit_bytes_; }

 private:
  void Release(std::unique_ptr<duckdb::Connection> connection);
  Status Configure(const EngineOptions& options);

  std::string spill_directory_;
  std::unique_ptr<duckdb::DuckDB> database_;
  ScanCaches caches_;
  std::string initial_sql_;  // Run on each new connection.
  int64_t memory_limit_bytes_ = 0;
  size_t idle_max_ = 0;
  std::mutex lock_;
  std::vector<std::unique_ptr<duckdb::Connection>> idle_;
};

}  // namespace deltaport::engine
