// SQL over a lake for Python: opens the lake, runs one statement, hands out an Arrow stream.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::python {

// Runs `sql` over the tables found below `directories`, or, where the only entry names a file, over
// the datasets of that configuration. The reader keeps the lake open. Blocks; needs no Python lock.
Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const std::vector<std::string>& directories,
                                                        const std::string& sql,
                                                        const CancelToken& token);

}  // namespace deltaport::python
