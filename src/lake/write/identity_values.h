// The values that an identity column counts.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <arrow/array.h>

#include "base/error.h"
#include "lake/write/table_rules.h"

namespace deltaport::lake {

class IdentityValues {
 public:
  explicit IdentityValues(IdentityColumn column);

  // The next `count` values.
  Result<std::shared_ptr<arrow::Array>> Next(int64_t count);
  // `given` (of type int64) with the next values in the place of its nulls.
  Result<std::shared_ptr<arrow::Array>> Complete(const arrow::Int64Array& given);

  const IdentityColumn& column() const { return column_; }
  // The value that was given last, nullopt if none was.
  std::optional<int64_t> high_water_mark() const { return mark_; }

 private:
  // kResourceExhausted when the type has no more values.
  Result<int64_t> Take();

  const IdentityColumn column_;
  std::optional<int64_t> next_;  // Null: behind the last value of the type.
  std::optional<int64_t> mark_;
};

}  // namespace deltaport::lake
