// Values of flat Parquet columns as Arrow arrays, for single rows: what lies between them is passed
// over and never copied.
//
// Source of the physical forms: parquet-format, LogicalTypes.md. Errors of the library are
// parquet::ParquetException: the callers are the files that wrap it.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <parquet/column_reader.h>
#include <parquet/schema.h>

#include "base/error.h"

namespace deltaport::columnar {

// Whether the functions below know how a column of `type` is stored in that leaf: not nested, and
// in the plain form of the type (no INT96, no 16 bit floats, no decimals as byte arrays).
bool IsPlainColumn(const parquet::ColumnDescriptor& leaf, const arrow::DataType& type);

// The values at `positions` (ascending, from 0) among those of `pages`. `IsPlainColumn` must hold.
// Throws if there are fewer values.
Result<std::shared_ptr<arrow::Array>> ReadValues(std::unique_ptr<parquet::PageReader> pages,
                                                 const parquet::ColumnDescriptor& leaf,
                                                 std::span<const int64_t> positions,
                                                 const std::shared_ptr<arrow::DataType>& type);

// Bounds as footers and column indexes encode them; nullopt and what has not the width of the type
// become null. `IsPlainColumn` must hold.
Result<std::shared_ptr<arrow::Array>> DecodeBounds(
    const std::vector<std::optional<std::string>>& encoded, const parquet::ColumnDescriptor& leaf,
    const std::shared_ptr<arrow::DataType>& type);

}  // namespace deltaport::columnar
