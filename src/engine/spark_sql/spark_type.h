// Types of Spark SQL expressions, as Arrow's, and how Spark brings two of them together.
//
// timestamp is timestamp[us, UTC], timestamp_ntz timestamp[us]; the type of NULL is null.

#pragma once

#include <memory>
#include <string>

#include <arrow/type.h>

namespace deltaport::engine {

using SparkType = std::shared_ptr<arrow::DataType>;

bool IsIntegral(const arrow::DataType& type);
bool IsFraction(const arrow::DataType& type);  // float, double
bool IsNumeric(const arrow::DataType& type);
bool IsTextType(const arrow::DataType& type);
bool IsZoned(const arrow::DataType& type);     // timestamp
bool IsZoneless(const arrow::DataType& type);  // timestamp_ntz
bool IsMoment(const arrow::DataType& type);    // date, timestamp, timestamp_ntz

// Digits that an integral type takes as a decimal.
int DecimalDigits(const arrow::DataType& integral);

// The type that comparisons and branches bring both to, by the rules of ANSI mode; null where Spark
// refuses, depends on its settings, or would need more than 38 digits. Text goes with text only.
SparkType SparkCommonType(const SparkType& left, const SparkType& right);

// The name of an atomic type in DuckDB's dialect.
std::string DuckDbTypeName(const arrow::DataType& type);

}  // namespace deltaport::engine
