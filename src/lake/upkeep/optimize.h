// Compaction: small files and files with deletion vectors become fewer, larger ones. No row
// changes, so readers of changes see nothing, and appends that are committed meanwhile are no
// conflict.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"
#include "engine/query_engine.h"

namespace deltaport::lake {

struct OptimizeOptions {
  // Files are packed up to this. Nullopt: the table's delta.targetFileSize, else kTargetBytes.
  std::optional<int64_t> target_bytes;
  // Files from this size on stay as they are, unless too many of their rows are deleted. Nullopt:
  // the target size.
  std::optional<int64_t> min_file_bytes;
  // Files with a larger share of deleted rows are rewritten whatever their size.
  double deleted_rows_max = 0.05;
  // Only the partitions for which this predicate in SQL is true; see SelectFiles.
  std::optional<std::string> where;
  // Rewrites all files with a deletion vector, and no others: afterwards the table has none.
  bool purge = false;
  std::function<void(int64_t rows)> on_rows;  // Told of rows as they pass; may be empty.
};

inline constexpr int64_t kTargetBytes = int64_t{256} << 20;

struct OptimizeOutcome {
  std::optional<delta::TableVersion> version;  // Nullopt: there was nothing to do.
  int64_t added_files = 0;
  int64_t added_bytes = 0;
  int64_t removed_files = 0;
  int64_t removed_bytes = 0;
  int64_t removed_deletion_vectors = 0;
  int64_t rows = 0;        // In the files that were written.
  int64_t partitions = 0;  // That had something to do.
};

// Packs the files of each partition in their order; rows keep their order and, where the table
// tracks rows, their ids. One commit. `engine` bounds the memory; beside it each file that is being
// written holds a row group.
// kInvalidArgument for a wrong size, kUnsupportedFeature naming a writer feature that we
// lack, kConflict if somebody removes one of the files meanwhile. Nothing is left of what failed.
Result<OptimizeOutcome> Optimize(engine::QueryEngine& engine, const storage::Location& table,
                                 const OptimizeOptions& options, const CancelToken& token);

}  // namespace deltaport::lake
