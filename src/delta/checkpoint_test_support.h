// Checkpoint files of any form, written row by row, for tests.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "delta/action.h"
#include "delta/snapshot.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {

// Rows as the JSON from which Arrow makes a checkpoint's columns: maps are lists of pairs. Members
// that are left out are null.
std::string CheckpointRow(const AddFile& add);
std::string CheckpointRow(const RemoveFile& remove);
std::string CheckpointRow(const Protocol& protocol);
std::string CheckpointRow(const Metadata& metadata);
std::string CheckpointRow(const SetTransaction& transaction);
std::string CheckpointRow(const DomainMetadata& domain);
std::string SidecarRow(std::string_view name);
std::string CheckpointMetadataRow(TableVersion version);

// The rows of a snapshot: its files, and everything else.
std::vector<std::string> FileRows(const Snapshot& snapshot);
std::vector<std::string> OtherRows(const Snapshot& snapshot);

// Writes a Parquet file of the rows, two row groups if there are enough of them.
void WriteCheckpointFile(storage::ObjectStore& store, const std::string& path,
                         const std::vector<std::string>& rows);
// The same with `add.stats_parsed` of that type (of a struct), which rows give as "stats_parsed".
void WriteCheckpointFile(storage::ObjectStore& store, const std::string& path,
                         const std::vector<std::string>& rows,
                         const std::shared_ptr<arrow::DataType>& stats_parsed);

enum class CheckpointForm {
  kClassic,
  kMultiPart,
  kJsonWithSidecars,
  kParquetWithSidecars,
  kInlineJson,
  kClassicWithSidecars
};
inline constexpr int kCheckpointForms = 6;

// Writes a checkpoint of the snapshot into the log of `table`.
void WriteCheckpoint(TestTable& table, const Snapshot& snapshot, CheckpointForm form);

}  // namespace deltaport::delta
