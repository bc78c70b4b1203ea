// Writes rows as the Parquet files of a table, one set of files for each partition.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "delta/data_file_layout.h"
#include "delta/table_properties.h"
#include "storage/object_store.h"

namespace deltaport::delta {

struct DataFileWriterOptions {
  // Absent: the table's property, or zstd.
  std::optional<Compression> compression;
  int64_t row_group_rows = 512 * 1024;
  // A new file starts when one has grown to this. Absent: delta.targetFileSize, or 128 MiB.
  std::optional<int64_t> file_bytes;
  int64_t buffer_bytes = int64_t{256} << 20;  // Rows that wait for a full row group, in all.
  int open_files_max = 256;
  // Columns of the rows that the table does not have but its files shall, such as the materialised
  // columns of row tracking (TableProperties::row_id_column). Without statistics.
  arrow::FieldVector extra_columns;
  bool fill_missing = false;  // Columns that the rows lack are null.
  bool data_change = true;    // Of the add actions.
  // Spark's name for who clustered the rows ("liquid"); absent: nobody.
  std::optional<std::string> clustering_provider;
};

// Writes rows as new files of the table, below its root; nothing of the log is touched. Directories
// "column=value" for partition columns, which are left out of the files. Rows are matched to the
// table's columns as RowConverter does. Memory is bounded by the options; when too many partitions
// are open, the fullest are written out early.
// On any error, and when the token is cancelled, what was written is removed again.
Result<std::vector<AddFile>> WriteDataFiles(const DataFileTarget& target,
                                            arrow::RecordBatchReader& rows,
                                            const DataFileWriterOptions& options,
                                            const CancelToken& token);

// The column that says what a row of a change file is: insert, update_preimage, update_postimage
// or delete.
inline constexpr char kChangeTypeColumn[] = "_change_type";

// The same for change files, below _change_data. The rows have the table's columns and, not null,
// _change_type (utf8).
Result<std::vector<ChangeFile>> WriteChangeFiles(const DataFileTarget& target,
                                                 arrow::RecordBatchReader& rows,
                                                 const DataFileWriterOptions& options,
                                                 const CancelToken& token);

// Removes files that were written but did not get into a commit.
Status RemoveDataFiles(const storage::Location& table, const std::vector<AddFile>& files);
Status RemoveChangeFiles(const storage::Location& table, const std::vector<ChangeFile>& files);

}  // namespace deltaport::delta
