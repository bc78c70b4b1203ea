#include "delta/live_files.h"

#include <algorithm>

namespace deltaport::delta {
namespace {

Status CopyRows(const LiveFiles::Part& part, FileBlockBuilder& builder) {
  for (size_t i = 0; i < part.size(); ++i) {
    ARROW_RETURN_NOT_OK(builder.AppendFrom(*part.block, part.row(i)));
  }
  return Status::OK();
}

// The part without `dead` rows of its block; `dead` is sorted.
LiveFiles::Part WithoutRows(const LiveFiles::Part& part, const std::vector<int64_t>& dead) {
  std::vector<int64_t> rows;
  rows.reserve(part.size());
  size_t next_dead = 0;
  for (size_t i = 0; i < part.size(); ++i) {
    const int64_t row = part.row(i);
    while (next_dead < dead.size() && dead[next_dead] < row) ++next_dead;
    if (next_dead == dead.size() || dead[next_dead] != row) rows.push_back(row);
  }
  return {part.block, std::make_shared<const std::vector<int64_t>>(std::move(rows)), 0};
}

}  // namespace

size_t LiveFiles::Part::size() const {
  return rows ? rows->size() : static_cast<size_t>(block->rows());
}

int64_t LiveFiles::Part::row(size_t offset) const {
  return rows ? (*rows)[offset] : static_cast<int64_t>(offset);
}

bool LiveFiles::Part::Contains(int64_t row) const {
  return !rows || std::binary_search(rows->begin(), rows->end(), row);
}

// Keeps each part at least twice as large as the next, so that there are few of them.
Status LiveFiles::Append(Part part) {
  while (part.size() > 0 && !parts_.empty() && parts_.back().size() < 2 * part.size()) {
    FileBlockBuilder builder;
    ARROW_RETURN_NOT_OK(CopyRows(parts_.back(), builder));
    ARROW_RETURN_NOT_OK(CopyRows(part, builder));
    size_ -= parts_.back().size();
    parts_.pop_back();
    ARROW_ASSIGN_OR_RAISE(part.block, builder.Finish());
    part.rows = nullptr;
  }
  Push(std::move(part));
  return Status::OK();
}

void LiveFiles::Push(Part part) {
  if (part.size() == 0) return;
  part.first = size_;
  size_ += part.size();
  parts_.push_back(std::move(part));
}

LiveFiles LiveFiles::Of(std::vector<Part> parts) {
  LiveFiles files;
  for (Part& part : parts) files.Push(std::move(part));
  return files;
}

LiveFiles LiveFiles::Without(const std::vector<FileKeyView>& keys) const {
  LiveFiles files;
  for (const Part& part : parts_) {
    std::vector<int64_t> dead;
    for (const auto& key : keys) part.block->FindRows(key, dead);
    std::sort(dead.begin(), dead.end());
    // Unlike Append(), this keeps the blocks, and what is cached in them.
    files.Push(dead.empty() ? part : WithoutRows(part, dead));
  }
  return files;
}

std::optional<size_t> LiveFiles::Find(std::string_view key) const {
  const FileKeyView view{HashOfKey(key), key};
  std::vector<int64_t> rows;
  for (const Part& part : parts_) {
    rows.clear();
    part.block->FindRows(view, rows);
    for (const int64_t row : rows) {
      if (!part.rows) return part.first + static_cast<size_t>(row);
      const auto live = std::lower_bound(part.rows->begin(), part.rows->end(), row);
      if (live == part.rows->end() || *live != row) continue;
      return part.first + static_cast<size_t>(live - part.rows->begin());
    }
  }
  return std::nullopt;
}

std::pair<const FileBlock*, int64_t> LiveFiles::Locate(size_t file) const {
  const auto after =
      std::upper_bound(parts_.begin(), parts_.end(), file,
                       [](size_t index, const Part& part) { return index < part.first; });
  const Part& part = *std::prev(after);
  return {part.block.get(), part.row(file - part.first)};
}

std::string_view LiveFiles::path(size_t file) const {
  const auto [block, row] = Locate(file);
  return block->path(row);
}

int64_t LiveFiles::size_bytes(size_t file) const {
  const auto [block, row] = Locate(file);
  return block->size_bytes(row);
}

int64_t LiveFiles::modification_time_ms(size_t file) const {
  const auto [block, row] = Locate(file);
  return block->modification_time_ms(row);
}

std::optional<std::string_view> LiveFiles::partition_value(size_t file,
                                                           std::string_view name) const {
  const auto [block, row] = Locate(file);
  return block->partition_value(row, name);
}

Result<std::optional<std::string_view>> LiveFiles::stats(size_t file) const {
  const auto [block, row] = Locate(file);
  return block->stats(row);
}

std::optional<int64_t> LiveFiles::record_count(size_t file) const {
  const auto [block, row] = Locate(file);
  const auto& counts = block->record_counts();
  if (counts.IsNull(row)) return std::nullopt;
  return counts.Value(row);
}

const FileExtras* LiveFiles::extras(size_t file) const {
  const auto [block, row] = Locate(file);
  return block->extras(row);
}

Result<AddFile> LiveFiles::file(size_t file) const {
  const auto [block, row] = Locate(file);
  return block->file(row);
}

AddFile LiveFiles::FileWithoutStatistics(size_t file) const {
  const auto [block, row] = Locate(file);
  return block->FileWithoutStatistics(row);
}

int64_t LiveFiles::total_size_bytes() const {
  int64_t total = 0;
  for (const Part& part : parts_) {
    for (size_t i = 0; i < part.size(); ++i) total += part.block->size_bytes(part.row(i));
  }
  return total;
}

std::optional<int64_t> LiveFiles::total_row_count() const {
  int64_t total = 0;
  for (const Part& part : parts_) {
    const auto& counts = part.block->record_counts();
    for (size_t i = 0; i < part.size(); ++i) {
      if (counts.IsNull(part.row(i))) return std::nullopt;
      total += counts.Value(part.row(i));
    }
    for (const int64_t row : part.block->unusual_rows()) {
      const FileExtras* extras = part.block->extras(row);
      if (extras == nullptr || !extras->deletion_vector || !part.Contains(row)) continue;
      const int64_t deleted = extras->deletion_vector->cardinality;
      if (deleted < 0 || deleted > counts.Value(row)) return std::nullopt;
      total -= deleted;
    }
  }
  return total;
}

}  // namespace deltaport::delta
