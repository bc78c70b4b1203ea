// Rows of live files into other files of the same table, unchanged: what compaction, purging and
// ordering have in common.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "engine/query_engine.h"
#include "lake/upkeep/optimize.h"

namespace deltaport::lake {

// The rows of some live files, in their order: the table's columns, and where it tracks rows the
// columns that keep the ids and commit versions that the rows have.
struct RewriteSource {
  std::shared_ptr<arrow::RecordBatchReader> rows;
  arrow::FieldVector extra_columns;  // Those that are not the table's.
};
// `engine` and `snapshot` must outlive the reader.
Result<RewriteSource> ReadForRewrite(engine::QueryEngine& engine,
                                     const std::shared_ptr<const delta::Snapshot>& snapshot,
                                     const std::vector<size_t>& files, const CancelToken& token);

// The files that hold the rows of `rows` (the columns of a source with those extra columns), with
// dataChange false. Nothing is left of them after an error.
struct RewriteFiles {
  int64_t file_bytes = 0;  // A new file starts when one has grown to this.
  bool clustered = false;  // The rows are ordered by the columns that the table is clustered by.
};
Result<std::vector<delta::AddFile>> WriteRewritten(const delta::Transaction& transaction,
                                                   const arrow::FieldVector& extra_columns,
                                                   arrow::RecordBatchReader& rows,
                                                   const RewriteFiles& files,
                                                   const CancelToken& token);

// Live files by partition, each group in their order.
std::vector<std::vector<size_t>> GroupByPartition(const delta::Snapshot& snapshot,
                                                  std::span<const size_t> files);

// Replaces files by others in one commit and fills the numbers of `outcome`. When it certainly
// failed, the new files are removed again. kConflict if one of the old files was removed meanwhile.
Status CommitRewrite(delta::Transaction& transaction, std::vector<size_t> removed,
                     std::vector<delta::AddFile> added, delta::Operation operation,
                     OptimizeOutcome& outcome, const CancelToken& token);

// Tells `on_rows` of every batch that passes.
std::shared_ptr<arrow::RecordBatchReader> CountRows(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                    std::function<void(int64_t)> on_rows);

}  // namespace deltaport::lake
