// Puts the values of a column into ranges that hold about as many rows each, so that columns of any
// type and distribution become coordinates of the same size.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::lake {

class ValueRanges {
 public:
  virtual ~ValueRanges() = default;

  // Ranges 1 to at most `ranges_max` - 1 out of a sample of the column: bigint, double, string or
  // binary. Range 0 is for nulls. kInternal for another type.
  static Result<std::unique_ptr<ValueRanges>> Make(const arrow::Array& sample, uint32_t ranges_max);

  // Writes the range of each value, which must be of the sample's type, to `out`.
  virtual void Find(const arrow::Array& values, uint32_t* out) const = 0;
};

}  // namespace deltaport::lake
