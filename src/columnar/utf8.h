// Whether texts are what their type promises. Parquet readers of Arrow take any bytes for text.

#pragma once

#include <string_view>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::columnar {

bool IsUtf8(std::string_view text);

// Status::Invalid naming the field if a text in `array`, at any depth, is not UTF-8.
Status CheckUtf8(const arrow::Field& field, const arrow::Array& array);

}  // namespace deltaport::columnar
