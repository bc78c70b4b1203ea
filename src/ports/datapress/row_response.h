// Responses out of a stream of batches: JSON rows inside an envelope, or an Arrow IPC stream.
//
// A response that stays small is built whole, so that a failure in the middle is still a clean
// error. A larger one is sent in blocks while the engine computes, at the client's pace.

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "ports/wire/http_message.h"

namespace deltaport::ports::datapress {

inline constexpr std::string_view kArrowMediaType = "application/vnd.apache.arrow.stream";

// Largest body that is built before its first byte is sent, and size of the blocks after it.
inline constexpr size_t kWholeBodyMaxBytes = 1024 * 1024;
inline constexpr size_t kBlockBytes = 256 * 1024;

// `before`, the rows as objects with commas between, `after`.
Result<wire::Response> JsonRowsResponse(std::shared_ptr<arrow::RecordBatchReader> rows,
                                        std::string before, std::string after);

// Always with a schema, even without rows. Never compressed: clients map it into memory.
Result<wire::Response> ArrowResponse(std::shared_ptr<arrow::RecordBatchReader> rows);

// The first `row_count` rows; the rest is not computed.
std::shared_ptr<arrow::RecordBatchReader> FirstRows(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                    int64_t row_count);

}  // namespace deltaport::ports::datapress
