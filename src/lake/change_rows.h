// The rows that commits of a table inserted, updated and deleted.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/change_feed.h"
#include "engine/query_engine.h"

namespace deltaport::lake {

// Columns behind those of the table: delta::kChangeTypeColumn (what happened to the row: "insert",
// "delete", "update_preimage" or "update_postimage"), then in which version, and when that was
// committed (UTC).
inline constexpr char kCommitVersionColumn[] = "_commit_version";
inline constexpr char kCommitTimestampColumn[] = "_commit_timestamp";

// Rows in the order of the versions, with the schema of the last one. Commits are read as the rows
// are asked for, so that an error (a version without a feed, a schema that changed) may come after
// rows of older versions. Errors as ChangeFeed, and kCorruptTable for a file that is missing or
// damaged (a vacuum removes the files of old versions); `engine` must outlive the reader.
Result<std::shared_ptr<arrow::RecordBatchReader>> ReadChangeRows(engine::QueryEngine& engine,
                                                                 const storage::Location& table,
                                                                 const delta::ChangeRange& range,
                                                                 const CancelToken& token);

}  // namespace deltaport::lake
