// Variants in data files as JSON text.

#pragma once

#include <duckdb.hpp>

namespace deltaport::engine {

// Makes DuckDB cast structs with the alias kVariantAlias (metadata, value and, if shredded,
// typed_value) to text as columnar/variant_json.h defines it. Shredded fields come before the
// others of their object. Format: VariantShredding.md of apache/parquet-format.
void RegisterVariantCast(duckdb::DatabaseInstance& database);

}  // namespace deltaport::engine
