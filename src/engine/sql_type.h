// Arrow types by their names in the engine's SQL.

#pragma once

#include <string>

#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::engine {

// What `CAST(x AS …)` takes to give a column of `type`: "BIGINT", "DECIMAL(10,2)",
// "STRUCT("a" VARCHAR[])". kUnsupportedFeature for types that no table has.
Result<std::string> SqlTypeName(const arrow::DataType& type);

}  // namespace deltaport::engine
