// Orders the rows of a table along a space-filling curve over some of its columns, so that each
// file holds a small part of every column's range and queries by any of them can leave out most
// files.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/query_engine.h"
#include "lake/upkeep/optimize.h"

namespace deltaport::lake {

enum class Curve { kZOrder, kHilbert };

struct ZOrderOptions {
  // Names; "a.b" is field b of the struct a. At most kOrderColumnsMax. Empty: the columns by which
  // the table is clustered.
  std::vector<std::string> columns;
  Curve curve = Curve::kHilbert;
  // Only the partitions for which this predicate in SQL is true; see SelectFiles.
  std::optional<std::string> where;
  // Size of the files. Nullopt: the table's delta.targetFileSize, else kTargetBytes.
  std::optional<int64_t> target_bytes;
  // Only files that are not clustered yet, in a table that is clustered by these columns.
  bool incremental = false;
  // Partitions whose rows take less (at most 1 GiB) are ordered in memory, larger ones by the
  // engine.
  int64_t memory_bytes = int64_t{256} << 20;
  std::function<void(int64_t rows)> on_rows;  // Told of rows as they pass; may be empty.
};

inline constexpr size_t kOrderColumnsMax = 16;

// Rewrites whole partitions, each ordered by itself, in one commit. Where the rows exceed
// `memory_bytes` the engine sorts them, under its memory limit and with spilling; rows that are
// equal in all columns' ranges come in no promised order then. Values are put into ranges of about
// as many rows each, out of a sample, so that skewed columns count as much as even ones.
// kInvalidArgument for no column, an unknown or partition column, or one of a type without order
// (array, map, struct). Otherwise as Optimize.
Result<OptimizeOutcome> ZOrder(engine::QueryEngine& engine, const storage::Location& table,
                               const ZOrderOptions& options, const CancelToken& token);

}  // namespace deltaport::lake
