// Rows that a query of our own reads from outside of DuckDB: a stream of Arrow batches as a table.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>

#include "base/error.h"

namespace deltaport::engine {

// One stream. Several threads read it, one batch each at a time; its order is known to DuckDB.
class StreamInput {
 public:
  explicit StreamInput(std::shared_ptr<arrow::RecordBatchReader> rows)
      : schema_(rows->schema()), rows_(std::move(rows)) {}

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  // The rows with only these columns, in that order. kInternal at a second call: rows that are read
  // twice must be kept by the query ("AS MATERIALIZED").
  Result<std::shared_ptr<arrow::RecordBatchReader>> Take(std::vector<int> columns);

  // Why reading failed, if it did.
  Status failure() const;

 private:
  class Selection;

  const std::shared_ptr<arrow::Schema> schema_;
  mutable std::mutex lock_;
  std::shared_ptr<arrow::RecordBatchReader> rows_;  // Null once taken.
  Status failure_;
};

// By name in lower case.
using StreamInputs = std::map<std::string, std::shared_ptr<StreamInput>>;

// The stream as a table of `schema`; `input` must outlive the query.
duckdb::unique_ptr<duckdb::TableCatalogEntry> MakeStreamTable(duckdb::ClientContext& context,
                                                              duckdb::Catalog& catalog,
                                                              duckdb::SchemaCatalogEntry& schema,
                                                              const std::string& name,
                                                              StreamInput& input);

}  // namespace deltaport::engine
