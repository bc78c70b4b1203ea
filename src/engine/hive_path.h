// Column values that directory names carry: ".../year=2013/month=01/part.parquet".

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::engine {

// Key and decoded value of each `key=value` directory of `path`, outermost first. The value is
// nullopt for Hive's marker of null.
std::vector<std::pair<std::string, std::optional<std::string>>> HiveValues(std::string_view path);

// The narrowest of int64, date32 and utf8 that reads every text without loss of its value.
std::shared_ptr<arrow::DataType> InferHiveType(
    const std::vector<std::optional<std::string>>& texts);

// `text` as a value of one of those types.
Result<std::shared_ptr<arrow::Scalar>> ParseHiveValue(const std::optional<std::string>& text,
                                                      const std::shared_ptr<arrow::DataType>& type);

}  // namespace deltaport::engine
