// The added files of a checkpoint, out of Parquet columns into the columns of a block.

#pragma once

#include <memory>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "delta/file_block.h"

namespace deltaport::delta {

// The files of a batch that holds the column `add`, one row each in the same places; without
// statistics. A batch without that column has rows without files. kCorruptTable for a column of a
// wrong type and a missing path.
Result<FileColumns> ReadCheckpointFiles(const arrow::RecordBatch& batch);

// Adds `add.stats` or `add.stats_parsed` of the same rows to `columns`.
Status AddCheckpointStatistics(const arrow::RecordBatch& batch, FileColumns& columns);

}  // namespace deltaport::delta
