// Query results in the forms that --output and --out know.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::cli {

enum class OutputFormat { kTable, kJson, kCsv, kArrowStream, kArrowFile, kParquet };

// "table", "json", "csv" or "arrow", as --output has it.
Result<OutputFormat> ParseOutputFormat(std::string_view name);

// By the end of the name: .parquet, .arrow, .csv or .json.
// kInvalidArgument naming what is allowed.
Result<OutputFormat> OutputFormatOfFile(std::string_view path);

// Takes batches one by one. JSON is an array with one row a line; CSV has a header, quotes by RFC
// 4180, empty cells for null and "" for empty text.
class ResultWriter {
 public:
  static Result<std::unique_ptr<ResultWriter>> Make(
      OutputFormat format, const std::shared_ptr<arrow::Schema>& schema,
      const std::shared_ptr<arrow::io::OutputStream>& output, int terminal_width = 0);
  virtual ~ResultWriter() = default;

  virtual Status Append(const arrow::RecordBatch& batch) = 0;

  // Ends the format; leaves the stream open.
  virtual Status Finish() = 0;
};

// Writes all batches to standard output. Arrow is refused on a terminal. `rows_expected` (-1:
// unknown) is for the progress display.
Status PrintResult(arrow::RecordBatchReader& reader, OutputFormat format, const CancelToken& token,
                   int64_t rows_expected = -1);

// Writes all batches to a new file, which appears whole or not at all; an older one is replaced.
Status WriteResultFile(arrow::RecordBatchReader& reader, const std::string& path,
                       const CancelToken& token, int64_t rows_expected = -1);

}  // namespace deltaport::cli
