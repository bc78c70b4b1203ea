// An immutable run of files, held as columns.
//
// Blocks are shared between the snapshots of a table, so what is derived from one (an index by
// file, parsed statistics) is computed once, on first use, under a lock. A block that comes out of
// a checkpoint keeps the arrays of the Parquet reader: rows of other actions are rows without a
// path there, which no live file names.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>

#include "base/error.h"
#include "delta/action.h"
#include "delta/deferred_statistics.h"
#include "delta/file_key.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// The columns that a block is made of, all of the same length.
struct FileColumns {
  std::shared_ptr<arrow::LargeStringArray> path;  // Null: this row is no file.
  std::shared_ptr<arrow::Int64Array> size_bytes;
  std::shared_ptr<arrow::Int64Array> modification_time_ms;  // Null values count as 0.
  // JSON text, the same still in a file, or as a struct (`stats_parsed`); at most one of them is
  // there.
  std::shared_ptr<arrow::LargeStringArray> stats;
  std::shared_ptr<const DeferredStatistics> deferred_stats;
  std::shared_ptr<arrow::StructArray> parsed_stats;
  std::map<std::string, std::shared_ptr<arrow::LargeStringArray>, std::less<>> partition_values;
  std::unordered_map<int64_t, FileExtras> extras;  // By row.
};

// `values` must be those of `add`.
AddFileView ViewOf(const AddFile& add, const PartitionValueViews& values);

class FileBlock {
 public:
  // kCorruptTable for a path that FileKey refuses and for a size that is missing or negative.
  static Result<std::shared_ptr<const FileBlock>> Make(FileColumns columns);

  int64_t rows() const { return columns_.path->length(); }
  bool IsFile(int64_t row) const { return columns_.path->IsValid(row); }
  // The rows for which IsFile() holds.
  int64_t files() const { return rows() - columns_.path->null_count(); }

  std::string_view path(int64_t row) const { return columns_.path->GetView(row); }
  int64_t size_bytes(int64_t row) const { return columns_.size_bytes->Value(row); }
  int64_t modification_time_ms(int64_t row) const {
    return columns_.modification_time_ms->IsNull(row) ? 0
                                                      : columns_.modification_time_ms->Value(row);
  }
  // Deferred statistics are read whole on the first call, and kept. Errors are those of reading.
  Result<std::optional<std::string_view>> stats(int64_t row) const;
  // The texts of all rows in runs, in any order and on several threads; none if no file has any.
  // Deferred ones are not kept.
  Status VisitStatistics(const StatisticsVisitor& visit) const;
  // Statistics as columns; null if the log holds them as text, or none at all.
  const arrow::StructArray* parsed_stats() const { return columns_.parsed_stats.get(); }
  // Null for an absent key or a null value; empty text is kept.
  std::optional<std::string_view> partition_value(int64_t row, std::string_view name) const;
  // Null where the files have no such partition value at all.
  const arrow::LargeStringArray* partition_values(std::string_view name) const;
  // All of them, by name.
  const std::map<std::string, std::shared_ptr<arrow::LargeStringArray>, std::less<>>&
  partition_value_columns() const {
    return columns_.partition_values;
  }
  const FileExtras* extras(int64_t row) const;
  // Rows whose path is a URI with a scheme or that have a deletion vector, ascending.
  const std::vector<int64_t>& unusual_rows() const { return unusual_rows_; }
  // The whole action, with dataChange true. Errors are those of stats().
  Result<AddFile> file(int64_t row) const;
  AddFile FileWithoutStatistics(int64_t row) const;

  uint64_t key_hash(int64_t row) const { return key_hashes_[static_cast<size_t>(row)]; }
  // The file's key; it stands in the block or in `scratch`.
  std::string_view key(int64_t row, std::string& scratch) const;
  // Appends the rows with that key: a block out of several commits may have more than one, of which
  // at most one is live.
  void FindRows(const FileKeyView& key, std::vector<int64_t>& found) const;

  // numRecords of each file's statistics, null where unknown. Statistics that cannot be read count
  // as unknown, and the log says so.
  const arrow::Int64Array& record_counts() const;

  // Parsed statistics of all rows under `key`; `parse` runs on the first call for a key.
  using ParseStatistics = std::function<Result<std::shared_ptr<const ColumnStatistics>>()>;
  Result<std::shared_ptr<const ColumnStatistics>> CachedStatistics(
      const std::string& key, const ParseStatistics& parse) const;

 private:
  friend class FileBlockBuilder;
  FileBlock() = default;
  Status TakeKeys();
  void NoteUnusualRows();
  const DeletionVectorDescriptor* deletion_vector(int64_t row) const;
  void BuildIndex() const;
  // Null if no file has any.
  Result<const arrow::LargeStringArray*> StatisticsTexts() const;
  Status MakeStatisticsTexts() const;

  FileColumns columns_;
  std::vector<uint64_t> key_hashes_;  // 0 where there is no file.
  std::vector<int64_t> unusual_rows_;

  mutable std::once_flag index_once_;
  mutable FileKeyTable index_;
  mutable std::once_flag stats_text_once_;
  mutable Status stats_text_status_;
  mutable std::shared_ptr<arrow::LargeStringArray> stats_text_;  // Of parsed or deferred ones.
  mutable std::once_flag record_counts_once_;
  mutable std::shared_ptr<arrow::Int64Array> record_counts_;
  mutable std::mutex statistics_lock_;
  mutable std::map<std::string, std::shared_ptr<const ColumnStatistics>> statistics_;
};

class FileBlockBuilder {
 public:
  int64_t rows() const { return path_.length(); }

  Status Append(const AddFileView& add);
  Status Append(const AddFile& add);
  Status AppendFrom(const FileBlock& block, int64_t row);

  // The builder is spent. Errors are those of FileBlock::Make.
  Result<std::shared_ptr<const FileBlock>> Finish();

 private:
  Status AppendPartitionValue(std::string_view name, std::optional<std::string_view> value);

  arrow::LargeStringBuilder path_;
  arrow::LargeStringBuilder stats_;
  arrow::Int64Builder size_bytes_;
  arrow::Int64Builder modification_time_ms_;
  std::map<std::string, std::unique_ptr<arrow::LargeStringBuilder>, std::less<>> partition_values_;
  std::unordered_map<int64_t, FileExtras> extras_;
};

}  // namespace deltaport::delta
