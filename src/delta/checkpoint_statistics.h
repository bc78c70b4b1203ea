// The column add.stats of checkpoints, left in the file until it is needed: most of a checkpoint is
// statistics, and who plans by partition values, lists files or appends needs none of them.

#pragma once

#include <cstdint>
#include <memory>

#include "columnar/parquet_file.h"
#include "delta/deferred_statistics.h"

namespace deltaport::delta {

// Keeps a checkpoint file open for reading later: its contents stay the same even if it is cleaned
// up meanwhile. Null if the process holds as many such files as it may.
std::shared_ptr<const columnar::ParquetFile> HoldCheckpoint(
    std::shared_ptr<const columnar::ParquetFile> file);

// Statistics of a row group of `rows` rows.
std::shared_ptr<const DeferredStatistics> CheckpointStatistics(
    std::shared_ptr<const columnar::ParquetFile> file, int group, int64_t rows);

}  // namespace deltaport::delta
