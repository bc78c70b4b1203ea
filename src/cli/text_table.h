// Batches as an aligned text table: names, types, rows, and how many rows there were.
//
//   carrier  flights
//   string     int64
//   -------  -------
//   UA         58665
//   (1 row)
//
// Column widths come from the first rows; later ones that are wider keep their text in a pipe and
// are cut on a terminal.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>

#include "base/error.h"

namespace deltaport::cli {

class TextTable {
 public:
  // `terminal_width` in columns; 0: not a terminal, nothing is cut.
  TextTable(std::shared_ptr<arrow::Schema> schema, std::shared_ptr<arrow::io::OutputStream> output,
            int terminal_width);

  Status Append(const arrow::RecordBatch& batch);

  // Writes what is left and the row count.
  Status Finish();

 private:
  using Row = std::vector<std::string>;

  Status Begin();
  Status WriteRow(const Row& row);
  void FitWidths();

  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<arrow::io::OutputStream> output_;
  const int terminal_width_;
  std::vector<bool> right_aligned_;
  std::vector<int> widths_;
  size_t shown_columns_ = 0;  // Those that fit the terminal.
  std::vector<Row> first_rows_;
  bool begun_ = false;
  int64_t row_count_ = 0;
};

}  // namespace deltaport::cli
