#include "cli/text_table.h"

#include <algorithm>
#include <utility>

#include <arrow/type_traits.h>

#include "cli/cell_text.h"

namespace deltaport::cli {
namespace {

constexpr size_t kRowsForWidths = 1000;
constexpr int kGap = 2;
constexpr int kColumnWidthMin = 8;   // A column is not squeezed below this.
constexpr int kColumnWidthMax = 60;  // Wide text is cut to this on a terminal.

std::string Pad(const std::string& text, int width, bool right) {
  const int missing = std::max(0, width - DisplayWidth(text));
  const std::string blanks(static_cast<size_t>(missing), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

TextTable::TextTable(std::shared_ptr<arrow::Schema> schema,
                     std::shared_ptr<arrow::io::OutputStream> output, int terminal_width)
    : schema_(std::move(schema)), output_(std::move(output)), terminal_width_(terminal_width) {
  for (const auto& field : schema_->fields()) {
    const auto type = field->type()->id();
    right_aligned_.push_back(arrow::is_numeric(type) || arrow::is_decimal(type));
  }
}

Status TextTable::Append(const arrow::RecordBatch& batch) {
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    Row cells;
    for (int column = 0; column < batch.num_columns(); ++column) {
      const auto& array = *batch.column(column);
      if (array.IsNull(row)) {
        cells.emplace_back("null");
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(const std::string text, CellText(array, row));
      cells.push_back(PrintableText(text));
    }
    ++row_count_;
    if (begun_) {
      ARROW_RETURN_NOT_OK(WriteRow(cells));
    } else {
      first_rows_.push_back(std::move(cells));
      if (first_rows_.size() >= kRowsForWidths) ARROW_RETURN_NOT_OK(Begin());
    }
  }
  return Status::OK();
}

void TextTable::FitWidths() {
  shown_columns_ = widths_.size();
  if (terminal_width_ <= 0) return;
  for (int& width : widths_) width = std::min(width, kColumnWidthMax);
  const auto total = [&] {
    int sum = 0;
    for (size_t i = 0; i < shown_columns_; ++i) sum += widths_[i] + (i > 0 ? kGap : 0);
    return sum;
  };
  // The widest column gives way first; when all are narrow, the last ones are left out.
  while (total() > terminal_width_) {
    const auto end = widths_.begin() + static_cast<std::ptrdiff_t>(shown_columns_);
    const auto widest = std::max_element(widths_.begin(), end);
    if (*widest > kColumnWidthMin) {
      --*widest;
    } else if (shown_columns_ > 1) {
      --shown_columns_;
    } else {
      return;
    }
  }
}

Status TextTable::Begin() {
  begun_ = true;
  Row names, types, rules;
  for (const auto& field : schema_->fields()) {
    names.push_back(PrintableText(field->name()));
    types.push_back(field->type()->ToString());
    widths_.push_back(std::max(DisplayWidth(names.back()), DisplayWidth(types.back())));
  }
  for (const Row& row : first_rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], DisplayWidth(row[i]));
  }
  FitWidths();
  for (const int width : widths_) rules.emplace_back(static_cast<size_t>(width), '-');
  ARROW_RETURN_NOT_OK(WriteRow(names));
  ARROW_RETURN_NOT_OK(WriteRow(types));
  ARROW_RETURN_NOT_OK(WriteRow(rules));
  for (const Row& row : first_rows_) ARROW_RETURN_NOT_OK(WriteRow(row));
  first_rows_.clear();
  return Status::OK();
}

Status TextTable::WriteRow(const Row& row) {
  std::string line;
  for (size_t i = 0; i < shown_columns_; ++i) {
    if (i > 0) line.append(kGap, ' ');
    line += Pad(terminal_width_ > 0 ? CutToWidth(row[i], widths_[i]) : row[i], widths_[i],
                right_aligned_[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  line += '\n';
  return output_->Write(line);
}

Status TextTable::Finish() {
  if (!begun_) ARROW_RETURN_NOT_OK(Begin());
  std::string line = fmt::format("({} {}", row_count_, row_count_ == 1 ? "row" : "rows");
  if (shown_columns_ < widths_.size()) {
    line += fmt::format(", {} of {} columns shown", shown_columns_, widths_.size());
  }
  return output_->Write(line + ")\n");
}

}  // namespace deltaport::cli
