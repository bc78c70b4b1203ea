// Columns of a table as SQL writes them.
//
//   id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1),
//   at TIMESTAMP DEFAULT current_timestamp() COMMENT 'when', day DATE GENERATED ALWAYS AS
//   (date(at)), name VARCHAR(20), tags ARRAY<STRING>, place STRUCT<x: DOUBLE NOT NULL, y: DOUBLE>
//
// Types are Spark's. Expressions are Spark SQL, so that every engine that reads the table
// understands them.

#pragma once

#include <memory>
#include <string_view>

#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::lake {

inline constexpr size_t kColumnTextMaxBytes = 1024 * 1024;

// The columns with what the text says about them as Delta's field metadata (table_rules.h);
// expressions are checked over the columns. kInvalidArgument with the place of what is wrong,
// kUnsupportedFeature for expressions that cannot be evaluated here.
Result<std::shared_ptr<arrow::Schema>> ParseColumns(std::string_view text);

}  // namespace deltaport::lake
