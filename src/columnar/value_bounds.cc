#include "columnar/value_bounds.h"

#include <string>

#include <arrow/compute/exec.h>
#include <arrow/compute/initialize.h>
#include <arrow/datum.h>
#include <arrow/type_traits.h>

namespace deltaport::columnar {
namespace {

// One slot a value of `column`; null where it is null.
Result<std::shared_ptr<arrow::BooleanArray>> Compare(const arrow::Array& column,
                                                     const std::string& comparison,
                                                     const arrow::Datum& value) {
  static const Status registered = arrow::compute::Initialize();
  ARROW_RETURN_NOT_OK(registered);
  ARROW_ASSIGN_OR_RAISE(const auto compared, arrow::compute::CallFunction(
                                                 comparison, {arrow::Datum(column.data()), value}));
  return std::static_pointer_cast<arrow::BooleanArray>(compared.make_array());
}

bool IsNo(const arrow::BooleanArray& compared, int64_t slot) {
  return compared.IsValid(slot) && !compared.Value(slot);
}

}  // namespace

bool HaveBounds(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || type.id() == arrow::Type::DECIMAL128 ||
         type.id() == arrow::Type::DATE32 || arrow::is_time(type.id()) ||
         type.id() == arrow::Type::TIMESTAMP || type.id() == arrow::Type::STRING;
}

Result<std::vector<bool>> MayHold(const arrow::Array& min_values, const arrow::Array& max_values,
                                  const arrow::Array& values) {
  std::vector<bool> may_hold(static_cast<size_t>(min_values.length()), false);
  for (int64_t i = 0; i < values.length(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const auto value, values.GetScalar(i));
    ARROW_ASSIGN_OR_RAISE(const auto above_min, Compare(min_values, "less_equal", value));
    ARROW_ASSIGN_OR_RAISE(const auto below_max, Compare(max_values, "greater_equal", value));
    for (int64_t slot = 0; slot < min_values.length(); ++slot) {
      if (!IsNo(*above_min, slot) && !IsNo(*below_max, slot)) {
        may_hold[static_cast<size_t>(slot)] = true;
      }
    }
  }
  return may_hold;
}

Result<std::vector<int64_t>> FindEqual(const arrow::Array& column, const arrow::Array& values) {
  std::vector<bool> equal(static_cast<size_t>(column.length()), false);
  for (int64_t i = 0; i < values.length(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const auto value, values.GetScalar(i));
    ARROW_ASSIGN_OR_RAISE(const auto compared, Compare(column, "equal", value));
    for (int64_t slot = 0; slot < column.length(); ++slot) {
      if (compared->IsValid(slot) && compared->Value(slot)) equal[static_cast<size_t>(slot)] = true;
    }
  }
  std::vector<int64_t> slots;
  for (size_t slot = 0; slot < equal.size(); ++slot) {
    if (equal[slot]) slots.push_back(static_cast<int64_t>(slot));
  }
  return slots;
}

}  // namespace deltaport::columnar
