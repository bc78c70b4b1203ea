// Rows of local files, or of standard input, as one stream on their way into a table.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "storage/object_store.h"

namespace deltaport::lake {

enum class InputFormat { kByName, kParquet, kCsv, kJson, kArrow };

struct InputFiles {
  // Paths or globs; all with the same columns, but for JSON, of which each file may lack some: they
  // are null there. "-" is standard input, which may stand once.
  std::vector<std::string> files;
  // kByName: what the name ends with (.parquet; .csv, .tsv; .json, .jsonl, .ndjson; .arrow, .ipc,
  // .feather; text also with .gz or .zst), and for standard input what it begins with.
  InputFormat format = InputFormat::kByName;
  // Columns in CSV and JSON that this table has, by name, are read as values of its types. Those of
  // others, and all without a table, are found out.
  std::optional<storage::Location> table;
  std::function<void(int64_t rows)> on_rows;  // Told of rows as they are read; may be empty.
};

// The files one after the other; each is opened when the one before it ends.
// kInvalidArgument if the columns of the files differ from each other, and for
// a value that does not fit a column of the table, naming file, line and column. Standard input is
// copied to a temporary file first.
Result<std::shared_ptr<arrow::RecordBatchReader>> OpenInput(const InputFiles& input,
                                                            const CancelToken& token);

}  // namespace deltaport::lake
