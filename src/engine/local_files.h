// Rows of local files that the operator named on the command line. Never reachable from a port.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::engine {

enum class LocalFormat { kParquet, kCsv, kJson };

struct LocalFileOptions {
  LocalFormat format = LocalFormat::kParquet;
  // Columns of CSV files that are read as the text that stands there: null where nothing stands,
  // "" for a quoted nothing. The types of the others are found out.
  std::vector<std::string> text_columns;
};

// Rows of the files that `patterns` (paths or globs) name, in that order, text also packed with
// gzip or zstd, by extension. The first line of CSV names the columns; JSON is one object a line,
// or an array of objects, and its columns and their types are found out from all of them. kNotFound
// for a pattern that no file matches, kInvalidArgument for a file that is none of the format.
Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLocalFiles(
    const std::vector<std::string>& patterns, const LocalFileOptions& options,
    const CancelToken& token);

}  // namespace deltaport::engine
