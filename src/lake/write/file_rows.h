// Rows of live files, each with its place: what writing files anew begins with.
//
// A file that holds its columns just as the table has them is read without the engine, several at a
// time: beside a small file, a query costs more than its rows. From the first file on that does not
// (another type, nested columns, …) the engine reads them.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"
#include "engine/query_engine.h"

namespace deltaport::lake {

// The rows of `files` (indices in `snapshot`) in this order, without those of deletion vectors.
// Columns: the file and the number of the row in it (both int64), those of the table, and `stored`,
// which are in the files under their own names and null in a file that lacks them. Up to 32 MiB of
// rows wait. kCorruptTable naming the file for damage. `engine` must outlive the reader, which is
// for one thread.
Result<std::shared_ptr<arrow::RecordBatchReader>> ReadFileRows(
    engine::QueryEngine& engine, const std::shared_ptr<const delta::Snapshot>& snapshot,
    const arrow::FieldVector& stored, std::vector<size_t> files, const CancelToken& token);

}  // namespace deltaport::lake
