// The rows that a statement deletes, by data file, within a bound of memory.

#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include <arrow/array.h>

#include "base/error.h"
#include "delta/deleted_rows.h"

namespace deltaport::lake {

// One row of one data file.
struct RowPosition {
  size_t file = 0;
  int64_t row = 0;
};

class DeletedPositions {
 public:
  // `max_bytes` bounds the memory, to about a hundredth.
  explicit DeletedPositions(int64_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes the rows whose file is not null. kResourceExhausted beyond the bound.
  Status Add(const arrow::Int64Array& files, const arrow::Int64Array& rows);

  // As Add, but stops at a row that was added before, and gives its position.
  Result<std::optional<RowPosition>> AddOnce(const arrow::Int64Array& files,
                                             const arrow::Int64Array& rows);

  // By index of the file; files without deletions are not in it.
  const std::map<size_t, delta::DeletedRows>& files() const { return files_; }

  // Distinct rows.
  int64_t cardinality() const;

 private:
  Status CheckMemory(int64_t added_rows);

  const int64_t max_bytes_;
  std::map<size_t, delta::DeletedRows> files_;
  int64_t unmeasured_rows_ = 0;
};

}  // namespace deltaport::lake
