// JSON lines: one object a line, whose members are columns. An array with one row a line, as
// `--output json` writes it, is read, too. Files may be packed with gzip (.gz) or zstd (.zst).

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::lake {

inline constexpr size_t kJsonLineMaxBytes = size_t{64} << 20;

// Names of all members in a file's lines, in the order in which they first appear.
// kInvalidArgument naming file and line for a line that is no object or too long.
Result<std::vector<std::string>> JsonColumns(std::shared_ptr<arrow::io::InputStream> stream,
                                             const std::string& name, const CancelToken& token);

// The lines as rows of `schema`; see json_cell.h for how values are written. Members that a line
// lacks are null. kInvalidArgument naming file (`name`), line and column for a value that does not
// fit, and for a member that the schema lacks.
Result<std::shared_ptr<arrow::RecordBatchReader>> ReadJsonLines(
    std::shared_ptr<arrow::io::InputStream> stream, const std::string& name,
    std::shared_ptr<arrow::Schema> schema, const CancelToken& token);

// A file for the functions above. kNotFound if there is none.
Result<std::shared_ptr<arrow::io::InputStream>> OpenTextFile(const std::string& path);

}  // namespace deltaport::lake
