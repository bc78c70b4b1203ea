// An immutable run of live files, held as columns.
//
// Blocks are shared between the snapshots of a table, so what is derived from one (an index by
// file, parsed statistics) is computed once, on first use, under a lock.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>

#include "base/error.h"
#include "delta/action.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// What few files have.
struct FileExtras {
  std::map<std::string, std::string> tags;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::optional<std::string> clustering_provider;
};

// Identifies a file in replay: the decoded path, file URIs as plain paths, and the deletion vector.
// kCorruptTable if the path is malformed or climbs out of the table with "..".
Result<std::string> FileKey(std::string_view path,
                            const std::optional<DeletionVectorDescriptor>& deletion_vector);

// The decoded path: absolute, or relative to the table root.
Result<std::string> DecodeFilePath(std::string_view path);

class FileBlock {
 public:
  int64_t rows() const { return path_->length(); }
  std::string_view path(int64_t row) const { return path_->GetView(row); }
  int64_t size_bytes(int64_t row) const { return size_bytes_[static_cast<size_t>(row)]; }
  int64_t modification_time_ms(int64_t row) const {
    return modification_time_ms_[static_cast<size_t>(row)];
  }
  std::optional<std::string_view> stats(int64_t row) const;
  // Null for an absent key or a null value; empty text is kept.
  std::optional<std::string_view> partition_value(int64_t row, std::string_view name) const;
  // Null where the files have no such partition value at all.
  const arrow::LargeStringArray* partition_values(std::string_view name) const;
  const FileExtras* extras(int64_t row) const;
  // Rows whose path is a URI with a scheme or that have a deletion vector, ascending.
  const std::vector<int64_t>& unusual_rows() const { return unusual_rows_; }
  AddFile file(int64_t row) const;

  // The row of the file with that key, or -1.
  int64_t Find(std::string_view key) const;

  // numRecords of each file's statistics, null where unknown.
  const arrow::Int64Array& record_counts() const;

  // Parsed statistics of all rows under `key`; `parse` runs on the first call for a key.
  using ParseStatistics = std::function<Result<std::shared_ptr<const ColumnStatistics>>()>;
  Result<std::shared_ptr<const ColumnStatistics>> CachedStatistics(
      const std::string& key, const ParseStatistics& parse) const;

 private:
  friend class FileBlockBuilder;
  void BuildIndex() const;

  std::shared_ptr<arrow::LargeStringArray> path_;
  std::shared_ptr<arrow::LargeStringArray> stats_;
  std::vector<int64_t> size_bytes_;
  std::vector<int64_t> modification_time_ms_;
  std::map<std::string, std::shared_ptr<arrow::LargeStringArray>, std::less<>> partition_values_;
  std::unordered_map<int64_t, FileExtras> extras_;
  std::vector<int64_t> unusual_rows_;

  mutable std::once_flag index_once_;
  mutable std::vector<std::pair<uint64_t, int64_t>> index_;  // Hash of the key and row, sorted.
  mutable std::once_flag record_counts_once_;
  mutable std::shared_ptr<arrow::Int64Array> record_counts_;
  mutable std::mutex statistics_lock_;
  mutable std::map<std::string, std::shared_ptr<const ColumnStatistics>> statistics_;
};

class FileBlockBuilder {
 public:
  int64_t rows() const { return static_cast<int64_t>(size_bytes_.size()); }

  // The path must have been accepted by FileKey.
  Status Append(const AddFile& add);
  Status AppendFrom(const FileBlock& block, int64_t row);

  // The builder is spent.
  Result<std::shared_ptr<const FileBlock>> Finish();

 private:
  void NoteUnusual(std::string_view path, const FileExtras* extras);
  Status AppendPartitionValue(std::string_view name, std::optional<std::string_view> value);

  arrow::LargeStringBuilder path_;
  arrow::LargeStringBuilder stats_;
  std::vector<int64_t> size_bytes_;
  std::vector<int64_t> modification_time_ms_;
  std::map<std::string, std::unique_ptr<arrow::LargeStringBuilder>, std::less<>> partition_values_;
  std::unordered_map<int64_t, FileExtras> extras_;
  std::vector<int64_t> unusual_rows_;
};

}  // namespace deltaport::delta
