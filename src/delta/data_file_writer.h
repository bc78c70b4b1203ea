// Writes rows as the Parquet files of a table, one set of files for each partition.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "delta/table_properties.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct DataFileWriterOptions {
  Compression compression = Compression::kZstd;
  int64_t row_group_rows = 512 * 1024;
  int64_t file_bytes = int64_t{128} << 20;    // A new file starts when one has grown to this.
  int64_t buffer_bytes = int64_t{256} << 20;  // Rows that wait for a full row group, in all.
  int open_files_max = 256;
  int statistics_columns = 32;  // Leading leaf columns; negative for all.
};

// Files below the table root, in directories "column=value" for partition columns, which are left
// out of the files. Rows are matched to `schema` as RowConverter does. Memory is bounded by the
// options; when too many partitions are open, the fullest are written out early.
// On any error, and when the token is cancelled, what was written is removed again.
Result<std::vector<AddFile>> WriteDataFiles(const storage::Location& table,
                                            const std::shared_ptr<arrow::Schema>& schema,
                                            const std::vector<std::string>& partition_columns,
                                            arrow::RecordBatchReader& rows,
                                            const DataFileWriterOptions& options,
                                            const CancelToken& token);

}  // namespace deltaport::delta
