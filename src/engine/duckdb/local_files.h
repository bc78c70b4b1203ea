// Trusted import from the local disk, in a DuckDB instance of its own that clients never reach.

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::engine {

// Rows of the files that `pattern` (a path or glob) names, of the format that it ends with; see
// engine/local_files.h. kInvalidArgument for another extension.
Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLocalFiles(const std::string& pattern,
                                                                 const CancelToken& token);

}  // namespace deltaport::engine
