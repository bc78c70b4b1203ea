// Places a literal among the values of a column's type, so that comparing needs no conversion of
// the column.

#pragma once

#include <memory>

#include <arrow/scalar.h>
#include <arrow/type.h>

#include "base/error.h"
#include "engine/structured_query.h"

namespace deltaport::engine {

// Where a literal lies among all values of a type.
enum class LiteralPlace {
  kEqual,         // It is `value`.
  kAfter,         // After `value` and before the next one: 5.5 among integers is after 5.
  kBeforeAll,     // Less than every value: -1 among unsigned integers.
  kAfterAll,      // Greater than every value.
  kIncomparable,  // Of another kind: "abc" among integers.
};

struct PlacedLiteral {
  LiteralPlace place = LiteralPlace::kIncomparable;
  // Null unless kEqual or kAfter. Text is utf8 and bytes are binary whatever the column's flavour
  // is; all else is of the column's type. A dictionary column counts as its value type.
  std::shared_ptr<arrow::Scalar> value;
};

// Rules: integer and decimal columns take numbers and numeric text, compared exactly; floating
// point columns take the same, rounded to the nearest value; text columns take anything as its
// text; boolean columns take booleans and "true"/"false"; dates, timestamps and times take ISO
// 8601 text; binary columns take base64 text.
// kInvalidArgument naming the column for text that is no date, time or base64, for a literal that
// is no text there, and for columns that cannot be compared (lists, structs, maps). `literal` is
// not null.
Result<PlacedLiteral> PlaceLiteral(const Literal& literal, const arrow::Field& column);

// The type whose values a column holds: the value type of a dictionary.
const arrow::DataType& ValueType(const arrow::DataType& type);
const arrow::DataType& ValueType(const arrow::DataType&& type) = delete;  // It would dangle.

bool IsText(const arrow::DataType& type);

}  // namespace deltaport::engine
