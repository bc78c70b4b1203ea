// Arrow types and scalars in DuckDB's terms.

#pragma once

#include <memory>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <duckdb.hpp>

#include "base/error.h"

namespace deltaport::engine {

// kUnsupportedFeature for a type that ScanType() does not give.
Result<duckdb::LogicalType> ToLogicalType(const arrow::DataType& type);

// A flat scalar (no list, struct or map) as a value of ToLogicalType(*scalar.type).
Result<duckdb::Value> ToValue(const arrow::Scalar& scalar);

}  // namespace deltaport::engine
