// A translated part of a Spark SQL expression, and the steps that parts are made by.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/spark_sql/spark_parser.h"
#include "engine/spark_sql/spark_type.h"

namespace deltaport::engine {

struct SparkOperand {
  std::string sql;  // Stands by itself: in parentheses, a name, a call.
  SparkType type;
  const SparkNode* literal = nullptr;  // If it is one.
};

using SparkOperands = std::vector<SparkOperand>;

// An error value for a branch that must not be reached, with `message`.
std::string SparkFailure(std::string_view message);

// What a cast of a value to `type` gives; an error for what ANSI mode refuses. kUnsupportedFeature
// for casts whose result would differ.
Result<SparkOperand> CastSpark(const SparkOperand& value, const SparkType& type);

// Both in the type that Spark compares them in. Text literals take the type of the other side.
Result<SparkType> SparkComparisonType(const SparkOperand& left, const SparkOperand& right);

// `+ - * / % div & | ^`, comparisons, by their symbol. Null type if `name` is none of them.
Result<SparkOperand> SparkBinary(std::string_view name, const SparkOperand& left,
                                 const SparkOperand& right);

// A function by its name in lower case.
Result<SparkOperand> SparkFunction(const std::string& name, const SparkOperands& arguments);

// `text LIKE pattern`, `text RLIKE pattern` with a literal pattern.
Result<SparkOperand> SparkLike(const SparkOperand& text, const SparkOperand& pattern,
                               bool without_case);
Result<SparkOperand> SparkMatches(const SparkOperand& text, const SparkOperand& pattern);

// date_format() with a literal pattern.
Result<SparkOperand> SparkDateFormat(const SparkOperand& moment, const SparkOperand& pattern);

// A date or timestamp as DuckDB's DATE or, in UTC, its TIMESTAMP without zone.
std::string SparkLocalTime(const SparkOperand& moment);

template <typename... Args>
Status SparkRefusal(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(ErrorCode::kUnsupportedFeature,
                   fmt::format(format, std::forward<Args>(args)...));
}

// Delta's name for a type, for messages.
std::string SparkTypeName(const arrow::DataType& type);

}  // namespace deltaport::engine
