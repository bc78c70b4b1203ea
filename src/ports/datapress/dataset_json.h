// Datasets as the JSON of this interface: their status and their schema.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/type.h>

#include "lake/dataset.h"

namespace deltaport::ports::datapress {

enum class KeyOrder { kReading, kAlphabetical };

// The status entry. Keys without a value are left out. `row_count` as far as it is known.
std::string StatusJson(const lake::Dataset& dataset, std::optional<int64_t> row_count,
                       KeyOrder order);

// `sample` is the first row as a JSON object, or "null".
std::string SchemaJson(std::string_view name, const arrow::Schema& schema,
                       std::optional<int64_t> row_count, std::string_view sample);

// "bool", "int", "float", "utf8", "temporal" or "other".
std::string_view LogicalType(const arrow::DataType& type);

// "Int64", "Timestamp(Microsecond, None)", "Decimal128(10, 2)", "List(Utf8)".
std::string SqlType(const arrow::DataType& type);

// "2026-11-21T08:49:33Z"
std::string UtcSeconds(std::chrono::system_clock::time_point time);

}  // namespace deltaport::ports::datapress
