#include "lake/write/deleted_positions.h"

#include <algorithm>
#include <span>

namespace deltaport::lake {
namespace {

// A bitmap never takes more than this for one more row, so memory is measured only when enough rows
// came to matter.
constexpr int64_t kRowMaxBytes = 32;

// Rows usually come in runs of one file. Calls `take(file, rows)` for each run.
template <typename Take>
void ForEachRun(const arrow::Int64Array& files, const arrow::Int64Array& rows, Take take) {
  const int64_t length = files.length();
  const int64_t* values = rows.raw_values();
  for (int64_t begin = 0; begin < length;) {
    if (files.IsNull(begin)) {
      ++begin;
      continue;
    }
    const int64_t file = files.Value(begin);
    int64_t end = begin + 1;
    while (end < length && files.IsValid(end) && files.Value(end) == file) ++end;
    take(static_cast<size_t>(file),
         std::span<const int64_t>(values + begin, static_cast<size_t>(end - begin)));
    begin = end;
  }
}

}  // namespace

Status DeletedPositions::Add(const arrow::Int64Array& files, const arrow::Int64Array& rows) {
  ForEachRun(files, rows,
             [&](size_t file, std::span<const int64_t> run) { files_[file].Add(run); });
  return CheckMemory(files.length());
}

Result<std::optional<RowPosition>> DeletedPositions::AddOnce(const arrow::Int64Array& files,
                                                             const arrow::Int64Array& rows) {
  std::optional<RowPosition> repeated;
  ForEachRun(files, rows, [&](size_t file, std::span<const int64_t> run) {
    if (repeated) return;
    auto& deleted = files_[file];
    for (const int64_t row : run) {
      if (deleted.Contains(row)) {
        repeated = RowPosition{file, row};
        return;
      }
      deleted.Add(row);
    }
  });
  if (repeated) return repeated;
  ARROW_RETURN_NOT_OK(CheckMemory(files.length()));
  return std::nullopt;
}

int64_t DeletedPositions::cardinality() const {
  int64_t rows = 0;
  for (const auto& [file, deleted] : files_) rows += deleted.cardinality();
  return rows;
}

Status DeletedPositions::CheckMemory(int64_t added_rows) {
  unmeasured_rows_ += added_rows;
  if (unmeasured_rows_ * kRowMaxBytes < max_bytes_ / 100) return Status::OK();
  unmeasured_rows_ = 0;
  int64_t bytes = 0;
  for (const auto& [file, deleted] : files_) bytes += deleted.memory_bytes();
  if (bytes <= max_bytes_) return Status::OK();
  return Error(ErrorCode::kResourceExhausted,
               "the positions of the deleted rows take {} bytes, more than the {} allowed; delete "
               "in several steps",
               bytes, max_bytes_);
}

}  // namespace deltaport::lake
