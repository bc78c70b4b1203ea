// The attached, read-only database "lake" whose tables are those of the running query's resolver.

#pragma once

#include <duckdb.hpp>

namespace deltaport::engine {

// Makes `ATTACH '' AS lake (TYPE deltaport)` possible in `database`.
void RegisterLakeStorage(duckdb::DatabaseInstance& database);

}  // namespace deltaport::engine
