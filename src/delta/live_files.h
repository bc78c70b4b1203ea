// The live files of one snapshot. Index i names the same file everywhere; 0 is the oldest.
//
// Immutable. Held as blocks that successive snapshots share: a refresh adds a block for the new
// commits and marks removed files, and small blocks are merged, so its cost follows the number of
// new actions (amortised by a logarithm), not the size of the table.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/file_block.h"

namespace deltaport::delta {

class LiveFiles {
 public:
  // Files of one block that are live; all of them if `rows` is null.
  struct Part {
    std::shared_ptr<const FileBlock> block;
    std::shared_ptr<const std::vector<int64_t>> rows;  // Ascending.
    size_t first = 0;                                  // Index of the part's first file.

    size_t size() const;
    int64_t row(size_t offset) const;
    bool Contains(int64_t row) const;
  };

  LiveFiles() = default;

  // The files of all parts, in this order; `first` of a part is set here. Empty ones are left out.
  static LiveFiles Of(std::vector<Part> parts);

  // All but the files with one of these keys.
  LiveFiles Without(const std::vector<FileKeyView>& keys) const;

  // The index of the file with that key (FileKey), if there is one.
  std::optional<size_t> Find(std::string_view key) const;

  // Adds files at the end. Small parts are copied together.
  Status Append(Part part);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // As in the log: percent-encoded. Snapshot::FilePath gives the store path.
  std::string_view path(size_t file) const;
  int64_t size_bytes(size_t file) const;
  int64_t modification_time_ms(size_t file) const;
  // Text of the value of a partition column (by physical name), nullopt for null.
  std::optional<std::string_view> partition_value(size_t file, std::string_view name) const;
  // JSON text. Errors are those of reading it, if it is still in a checkpoint.
  Result<std::optional<std::string_view>> stats(size_t file) const;
  // Rows in the file, from the statistics; those of its deletion vector count.
  std::optional<int64_t> record_count(size_t file) const;
  const FileExtras* extras(size_t file) const;  // Null if it has none.
  // The whole action, with dataChange true. Errors are those of stats().
  Result<AddFile> file(size_t file) const;
  AddFile FileWithoutStatistics(size_t file) const;

  int64_t total_size_bytes() const;
  // Rows over all files without those of deletion vectors, or nullopt if some file does not say or
  // contradicts its deletion vector.
  std::optional<int64_t> total_row_count() const;

  const std::vector<Part>& parts() const { return parts_; }

 private:
  void Push(Part part);
  std::pair<const FileBlock*, int64_t> Locate(size_t file) const;

  std::vector<Part> parts_;
  size_t size_ = 0;
};

}  // namespace deltaport::delta
