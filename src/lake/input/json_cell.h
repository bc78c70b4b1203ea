// JSON values as values of a column, exactly or not at all.

#pragma once

#include <arrow/array/builder_base.h>
#include <arrow/type.h>

#include "base/error.h"
#include "columnar/json_document.h"

namespace deltaport::lake {

// Appends `value` to a builder of `type`, which has a Delta form. Whole numbers for integers, also
// as text for decimals, "NaN" and "Infinity" for floats; ISO 8601 text for dates and timestamps
// (without a zone: UTC), base64 for binary; arrays, objects, and objects for maps. null and what is
// missing are null. kInvalidArgument for everything else, telling the value and the member of a
// struct it is in.
Status AppendJson(const arrow::DataType& type, columnar::JsonValue value,
                  arrow::ArrayBuilder& builder);

// The same for text that stands for a primitive value, as in CSV: numbers, true and false, dates,
// timestamps, base64 for binary, and any text for strings.
Status AppendText(const arrow::DataType& type, std::string_view text, arrow::ArrayBuilder& builder);

}  // namespace deltaport::lake
