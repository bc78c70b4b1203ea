// Answers questions about table snapshots with a stream of Arrow batches.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/structured_query.h"
#include "engine/table_source.h"

namespace deltaport::engine {

struct EngineOptions {
  int threads = 0;                 // 0: one per core.
  int64_t memory_limit_bytes = 0;  // 0: 60 % of the machine's memory.
  std::string spill_directory;     // Empty: a fresh one below the system's temp directory.
  int64_t spill_limit_bytes = 0;   // 0: 90 % of the free disk space.
  int connection_pool_size = 0;    // Idle connections kept; 0: twice the threads.
};

// What SQL text may do. Read-only statements in this version.
enum class SqlRight { kRead };

struct SqlQuery {
  std::string text;
  std::shared_ptr<const TableResolver> tables;
  SqlRight right = SqlRight::kRead;
};

// The virtual BIGINT columns that tables show in internal queries.
inline constexpr std::string_view kFileIndexColumn = "file_index";
inline constexpr std::string_view kFileRowNumberColumn = "file_row_number";

// A statement that Deltaport composes itself, never the text of a client.
struct InternalQuery {
  // One statement over the names below, which match without regard to case.
  std::string sql;

  // Beside its own columns each table has kFileIndexColumn, the index of the row's file in
  // Snapshot::files() (or ParquetFiles::files), and kFileRowNumberColumn, the row's number in that
  // file. Rows of deletion vectors are left out and keep their numbers. `*` does not include them.
  std::map<std::string, std::shared_ptr<const TableSource>> tables;

  // Inputs that can be read once: one mention in `sql`, or a common table expression that is
  // materialised. Read by the engine's threads, one at a time.
  std::map<std::string, std::shared_ptr<arrow::RecordBatchReader>> streams;

  // Rows come in the order of tables and streams where nothing else orders them.
  bool keep_order = false;
};

// One engine serves all requests of a process. Safe for concurrent use.
//
// Execute calls block the calling thread until the first batch is ready or the query failed, so
// they must not run on I/O threads. The reader that they return is for one thread; reading blocks
// while the engine computes, and the engine pauses (holding a bounded amount of rows) while nobody
// reads. Destroying the reader ends the query. Cancelling `token` makes running calls fail with the
// token's reason within milliseconds.
//
// Errors: kInvalidArgument for a mistake in the query (SQL errors carry the position in the text),
// kPermissionDenied for SQL that is not allowed (saying what), kResourceExhausted when the memory
// and spill limits do not suffice, kCorruptTable for a data file that is missing or damaged.
class QueryEngine {
 public:
  virtual ~QueryEngine() = default;

  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Execute(
      const std::shared_ptr<const TableSource>& table, const BoundQuery& query,
      const CancelToken& token) = 0;

  virtual Result<int64_t> Count(const std::shared_ptr<const TableSource>& table,
                                const std::vector<BoundPredicate>& predicates,
                                const CancelToken& token) = 0;

  // Exactly one statement of the allow-list (engine/duckdb/statement_guard.h).
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> ExecuteSql(
      const SqlQuery& query, const CancelToken& token) = 0;

  // Beside the errors above: the error of a stream as it is, kUnsupportedFeature for a table with a
  // column named as one of the virtual columns.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> ExecuteInternal(
      const InternalQuery& query, const CancelToken& token) = 0;

  // Plan of the query as text, without running it.
  virtual Result<std::string> Explain(const std::shared_ptr<const TableSource>& table,
                                      const BoundQuery& query) = 0;

  // Trusted import: rows of CSV or Parquet files on the local disk that the operator named on the
  // command line. Never reachable from a port.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLocalFiles(
      const std::string& pattern, const CancelToken& token) = 0;
};

Result<std::unique_ptr<QueryEngine>> MakeDuckDbEngine(const EngineOptions& options);

}  // namespace deltaport::engine
