#include "columnar/row_block.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace deltaport::columnar {
namespace {

constexpr int64_t kBlockRows = 256;
constexpr int64_t kBlockBytesMax = 1 << 20;
constexpr int64_t kKeptBytesMax = 8 << 20;

}  // namespace

RowBlockWriter::RowBlockWriter(RowFrame frame, TextFormat format)
    : after_(std::move(frame.after)), format_(format) {
  frame_bytes_ = static_cast<int64_t>(after_.size()) + 2 * static_cast<int64_t>(kShortText);
  for (std::string& text : frame.before) {
    Prefix& prefix = prefixes_.emplace_back();
    if (text.size() <= kShortText) std::memcpy(prefix.padded.data(), text.data(), text.size());
    frame_bytes_ += static_cast<int64_t>(text.size());
    prefix.text = std::move(text);
  }
}

Status RowBlockWriter::Append(const arrow::RecordBatch& batch, std::string& out) {
  columns_.clear();
  for (int i = 0; i < batch.num_columns(); ++i) {
    auto column = CellColumn::Make(batch.column(i), format_);
    if (!column.ok()) {
      return WithContext(column.status(),
                         fmt::format("column '{}'", batch.schema()->field(i)->name()));
    }
    columns_.push_back(std::move(column).ValueUnsafe());
  }
  int64_t block = kBlockRows;
  for (int64_t first = 0; first < batch.num_rows();) {
    const int64_t last = std::min(first + block, batch.num_rows());
    int64_t bound = frame_bytes_ * (last - first) + static_cast<int64_t>(kShortText);
    for (CellColumn& column : columns_) bound += column.Prepare(first, last);
    if (bound > kBlockBytesMax && last - first > 1) {
      block = (last - first) / 2;
      continue;
    }
    char* const begin = Reserve(bound);
    out.append(begin, PutRows(begin, first, last));
    first = last;
  }
  columns_.clear();
  if (buffer_bytes_ > kKeptBytesMax) {
    buffer_.reset();
    buffer_bytes_ = 0;
  }
  return Status::OK();
}

char* RowBlockWriter::PutRows(char* out, int64_t first, int64_t last) const {
  const size_t count = columns_.size();
  for (int64_t row = first; row < last; ++row) {
    for (size_t i = 0; i < count; ++i) {
      const Prefix& prefix = prefixes_[i];
      if (prefix.text.size() <= kShortText) {
        std::memcpy(out, prefix.padded.data(), kShortText);
      } else {
        std::memcpy(out, prefix.text.data(), prefix.text.size());
      }
      out = columns_[i].Put(out + prefix.text.size(), row);
    }
    std::memcpy(out, after_.data(), after_.size());
    out += after_.size();
  }
  return out;
}

// Not a vector: its bytes would be written once for nothing.
char* RowBlockWriter::Reserve(int64_t size_bytes) {
  if (size_bytes > buffer_bytes_) {
    buffer_.reset(new char[static_cast<size_t>(size_bytes)]);
    buffer_bytes_ = size_bytes;
  }
  return buffer_.get();
}

}  // namespace deltaport::columnar
