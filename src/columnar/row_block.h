// Writes the rows of a batch block by block into a buffer of its own, and appends that to a string.

#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "columnar/cell_column.h"

namespace deltaport::columnar {

// What stands around the cells of a row: `before[i]` precedes cell i, `after` ends the row.
struct RowFrame {
  std::vector<std::string> before;
  std::string after;
};

// For one thread; keeps its buffer for the next batch.
class RowBlockWriter {
 public:
  RowBlockWriter(RowFrame frame, TextFormat format);

  // kUnsupportedFeature naming the column if a type has no text form.
  Status Append(const arrow::RecordBatch& batch, std::string& out);

 private:
  static constexpr size_t kShortText = 32;
  struct Prefix {
    std::array<char, kShortText> padded{};
    std::string text;
  };

  char* PutRows(char* out, int64_t first, int64_t last) const;
  char* Reserve(int64_t size_bytes);

  std::vector<Prefix> prefixes_;
  std::string after_;
  TextFormat format_;
  int64_t frame_bytes_ = 0;  // Of one row, with slack.
  std::vector<CellColumn> columns_;
  std::unique_ptr<char[]> buffer_;
  int64_t buffer_bytes_ = 0;
};

}  // namespace deltaport::columnar
