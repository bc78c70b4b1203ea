// Files of Arrow's IPC format, with or without a footer.

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace deltaport::lake {

// kNotFound if there is no such file, kInvalidArgument if it is none of Arrow.
Result<std::shared_ptr<arrow::RecordBatchReader>> ReadArrowFile(const std::string& path);

}  // namespace deltaport::lake
