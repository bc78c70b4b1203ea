// Values of nested types (lists, structs, maps, unions, run-end encoded) as JSON text.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/array.h>

#include "base/error.h"

namespace deltaport::columnar {

// For one array; for one thread.
class NestedCells {
 public:
  // Any type: one that is not nested is written as its cell. `depth` counts the levels above.
  static Result<std::unique_ptr<NestedCells>> Make(const std::shared_ptr<arrow::Array>& array,
                                                   int depth);
  // Values of a dictionary-encoded array, looked up one by one.
  static Result<std::unique_ptr<NestedCells>> MakeOfDictionary(
      const std::shared_ptr<arrow::Array>& array, int depth);
  virtual ~NestedCells() = default;

  // Appends the value of `row` as JSON; "null" for a null.
  virtual void Append(int64_t row, std::string& out) = 0;
};

// True for the types that NestedCells renders itself.
bool IsNestedType(const arrow::DataType& type);

}  // namespace deltaport::columnar
