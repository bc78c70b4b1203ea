// On which lines of CSV files rows stand, for messages. Rows that the engine read have no lines any
// more; the files are read again, as text, to find the one that is asked for.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/io/interfaces.h>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::lake {

struct CsvLine {
  std::optional<int64_t> line;  // From 1, as an editor counts; absent if there are too few rows.
  int64_t rows = 0;             // Below the header, as far as was read.
};

// The line on which a row (from 0) below the header begins. Quoted fields may hold line ends. Blank
// lines are rows where `one_column` is set, and nothing otherwise.
Result<CsvLine> FindCsvLine(arrow::io::InputStream& stream, int64_t row, bool one_column);

// "FILE, line N" of a row (from 0) of files that are read one after the other; "FILES, row N" where
// the files cannot be read again.
std::string CsvPlace(const std::vector<std::string>& files, const std::string& name, int64_t row,
                     bool one_column, const CancelToken& token);

}  // namespace deltaport::lake
