// Which Arrow type a column of a file has when the engine delivers it.

#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::engine {

// `type` without what is a matter of encoding only: dictionaries become their values, large and
// view layouts the plain one, fixed-size binary binary; time zones become UTC (the instants stay),
// nanoseconds with a zone become microseconds. kUnsupportedFeature for types that have no SQL form.
Result<std::shared_ptr<arrow::DataType>> ScanType(const arrow::DataType& type);

}  // namespace deltaport::engine
