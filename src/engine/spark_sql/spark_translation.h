// Spark SQL expressions in DuckDB's dialect, with Spark's meaning.
//
// The meaning is that of Spark 4 with its default settings (ANSI mode) in the time zone UTC: what
// overflows, divides by zero or cannot be cast is an error when it is evaluated. Everything whose
// meaning would differ between the two engines is refused.

#pragma once

#include <string>
#include <string_view>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/spark_sql/spark_type.h"

namespace deltaport::engine {

struct SparkTranslation {
  std::string sql;  // Columns are written `relation.column`, quoted.
  SparkType type;
};

// `text` over the columns of `schema`, which `relation` names in the statement around it (empty:
// without alias). `stored_as`: the type of the column that keeps the value, which Spark would cast
// it to; null for none.
// kUnsupportedFeature naming the part and its place if it cannot be translated, kInvalidArgument
// for columns that do not exist.
Result<SparkTranslation> TranslateSpark(std::string_view text, std::string_view relation,
                                        const arrow::Schema& schema, const SparkType& stored_as);

}  // namespace deltaport::engine
