// Which rows of one data file are deleted: a compressed set of row numbers.
//
// Row 0 is the first row of the file. Not thread-safe while it changes; const calls may run
// concurrently. Backed by a 64-bit Roaring bitmap.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace deltaport::delta {

class DeletedRows {
 public:
  DeletedRows();
  ~DeletedRows();
  DeletedRows(const DeletedRows& other);
  DeletedRows& operator=(const DeletedRows& other);
  DeletedRows(DeletedRows&& other) noexcept;
  DeletedRows& operator=(DeletedRows&& other) noexcept;

  // The data of a deletion vector, magic number first, in the portable or the older native layout.
  // Takes memory in proportion to `bytes`. kCorruptTable for anything else, also for bytes that are
  // left over.
  static Result<DeletedRows> Parse(std::string_view bytes);

  // The data of a deletion vector in the portable layout, magic number first.
  std::string Serialize() const;

  // Row numbers are never negative. Adding a row twice is as adding it once.
  void Add(int64_t row);
  void Add(std::span<const int64_t> rows);
  void AddRange(int64_t first, int64_t end);  // Without `end`.
  void Union(const DeletedRows& other);

  bool Contains(int64_t row) const;
  bool empty() const;
  int64_t cardinality() const;
  // How many are in [first, end).
  int64_t CountIn(int64_t first, int64_t end) const;
  // The greatest; the set must not be empty.
  int64_t Last() const;

  // The first rows at or after `first`, ascending, as many as `rows` has room for. Returns how many
  // there were.
  size_t RowsFrom(int64_t first, std::span<int64_t> rows) const;

  // Calls `visit(row)` in ascending order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    std::array<int64_t, 1024> rows;
    int64_t first = 0;
    for (size_t count = rows.size(); count == rows.size(); first = rows[count - 1] + 1) {
      count = RowsFrom(first, rows);
      for (size_t i = 0; i < count; ++i) visit(rows[i]);
      if (count == 0) return;
    }
  }

  int64_t memory_bytes() const;

  bool operator==(const DeletedRows& other) const;

 private:
  struct Bitmap;
  explicit DeletedRows(std::unique_ptr<Bitmap> bitmap);

  std::unique_ptr<Bitmap> bitmap_;  // Null only after being moved from.
};

}  // namespace deltaport::delta
