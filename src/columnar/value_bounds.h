// Which of many ranges of values (of files, row groups, pages) may hold one of the values that are
// looked for.

#pragma once

#include <vector>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::columnar {

// Whether bounds of this type order values as equality tells them apart: integers, decimals, dates,
// times, timestamps, text. Not floating point (NaN), booleans, binary or nested types.
bool HaveBounds(const arrow::DataType& type);

// For each slot, true unless every value of `values` is below its minimum or above its maximum; a
// null bound bounds nothing. All arrays of one type of HaveBounds, no null in `values`.
Result<std::vector<bool>> MayHold(const arrow::Array& min_values, const arrow::Array& max_values,
                                  const arrow::Array& values);

// The slots of `column` that equal one of `values`, ascending; null equals nothing.
Result<std::vector<int64_t>> FindEqual(const arrow::Array& column, const arrow::Array& values);

}  // namespace deltaport::columnar
