// Runs one statement and streams its rows.

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>
#include <duckdb.hpp>

#include "base/cancel_token.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/query_state.h"

namespace deltaport::engine {

// Runs `statement` on a connection of its own until the first batch is there. Field types of
// `schema` are what the reader delivers; null: as DuckDB types them. The reader holds the
// connection until it has delivered everything or is destroyed, and a bounded amount of rows.
Result<std::shared_ptr<arrow::RecordBatchReader>> StreamQuery(
    Instance::Lease connection, duckdb::shared_ptr<QueryState> state,
    duckdb::unique_ptr<duckdb::SQLStatement> statement, std::shared_ptr<arrow::Schema> schema,
    const CancelToken& token);

// The only statement of a text that we made ourselves.
Result<duckdb::unique_ptr<duckdb::SQLStatement>> ParseOwnStatement(duckdb::Connection& connection,
                                                                   const std::string& sql);

}  // namespace deltaport::engine
