// The scan of a ScanTable: DuckDB's Parquet scan with our own list of files, columns and constants.

#pragma once

#include <memory>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/function/table_function.hpp>

#include "engine/duckdb/scan_table.h"

namespace deltaport::engine {

// The columns of query_engine.h that each row of an internal query has besides its table's.
duckdb::virtual_column_map_t LakeScanVirtualColumns();

// The function that scans `table`, bound; `entry` must outlive the query.
duckdb::TableFunction BindLakeScan(duckdb::ClientContext& context,
                                   std::shared_ptr<const ScanTable> table,
                                   duckdb::TableCatalogEntry& entry,
                                   duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

}  // namespace deltaport::engine
