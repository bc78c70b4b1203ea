#include "lake/write/row_text.h"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/scalar.h>

#include "base/error.h"

namespace deltaport::lake {
namespace {

constexpr size_t kShownBytes = 60;    // Of a value in messages.
constexpr size_t kShownColumns = 12;  // Of a row.

std::string Shown(const arrow::Array& column, int64_t row) {
  const auto scalar = column.GetScalar(row);
  if (!scalar.ok()) return "?";
  std::string text = (*scalar)->is_valid ? (*scalar)->ToString() : "null";
  if (text.size() <= kShownBytes) return text;
  size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

std::string ShowRow(const arrow::RecordBatch& batch, int64_t row,
                    const std::vector<std::string>& first) {
  std::vector<int> order;
  for (const auto& name : first) {
    const int index = batch.schema()->GetFieldIndex(name);
    if (index >= 0) order.push_back(index);
  }
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (std::find(order.begin(), order.end(), i) == order.end()) order.push_back(i);
  }
  std::string text;
  for (size_t i = 0; i < std::min(order.size(), kShownColumns); ++i) {
    text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", batch.schema()->field(order[i])->name(),
                        Shown(*batch.column(order[i]), row));
  }
  return order.size() > kShownColumns ? text + ", …" : text;
}

}  // namespace deltaport::lake
