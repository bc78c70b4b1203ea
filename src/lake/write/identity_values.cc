#include "lake/write/identity_values.h"

#include <limits>
#include <utility>

#include <arrow/builder.h>

namespace deltaport::lake {
namespace {

std::optional<int64_t> Narrow(__int128 value) {
  if (value < std::numeric_limits<int64_t>::min() || value > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int64_t>(value);
}

// The first value start + k·step behind the mark, in the direction of the step.
std::optional<int64_t> FirstValue(const IdentityColumn& column) {
  const __int128 start = column.start;
  const __int128 step = column.step;
  if (!column.high_water_mark) return column.start;
  const __int128 distance = static_cast<__int128>(*column.high_water_mark) - start;
  const bool before_start = step > 0 ? distance < 0 : distance > 0;
  return before_start ? column.start : Narrow(start + (distance / step + 1) * step);
}

}  // namespace

IdentityValues::IdentityValues(IdentityColumn column)
    : column_(std::move(column)), next_(FirstValue(column_)) {}

Result<int64_t> IdentityValues::Take() {
  if (!next_) {
    return Error(ErrorCode::kResourceExhausted,
                 "the identity column '{}' has no values left after {}", column_.column,
                 mark_ ? *mark_ : column_.high_water_mark.value_or(column_.start));
  }
  mark_ = next_;
  next_ = Narrow(static_cast<__int128>(*next_) + column_.step);
  return *mark_;
}

Result<std::shared_ptr<arrow::Array>> IdentityValues::Next(int64_t count) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(count));
  for (int64_t i = 0; i < count; ++i) {
    ARROW_ASSIGN_OR_RAISE(const int64_t value, Take());
    builder.UnsafeAppend(value);
  }
  return builder.Finish();
}

Result<std::shared_ptr<arrow::Array>> IdentityValues::Complete(const arrow::Int64Array& given) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(given.length()));
  for (int64_t i = 0; i < given.length(); ++i) {
    if (given.IsValid(i)) {
      builder.UnsafeAppend(given.Value(i));
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(const int64_t value, Take());
    builder.UnsafeAppend(value);
  }
  return builder.Finish();
}

}  // namespace deltaport::lake
