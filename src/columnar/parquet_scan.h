// All rows of columns of one Parquet file, in order, decoded on all cores column by column.

#pragma once

#include <memory>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "columnar/parquet_rows.h"

namespace deltaport::columnar {

// Batches of the fields (distinct positions in the footer's schema), in that order, of at most
// `batch_rows` rows. Holds one batch and about a MiB a column. kCorruptTable naming the path for
// damage.
Result<std::shared_ptr<arrow::RecordBatchReader>> ScanParquet(
    const std::shared_ptr<const ParquetFooter>& footer,
    std::shared_ptr<arrow::io::RandomAccessFile> file, const std::vector<int>& fields,
    int64_t batch_rows);

}  // namespace deltaport::columnar
