// The stable id and the last commit of rows, as the materialised columns of a rewritten file hold
// them: what the old file stored, or else what its add action says.
//
// Source: PROTOCOL.md, "Row Tracking".

#pragma once

#include <memory>

#include <arrow/array.h>

#include "base/error.h"
#include "delta/live_files.h"

namespace deltaport::lake {

// One value a row; null where `files` is (a new row), or where the file has no ids yet. `stored`,
// `files` (indices in `live`) and `rows` (numbers in the file) have the same length.
Result<std::shared_ptr<arrow::Array>> StableRowIds(const arrow::Int64Array& stored,
                                                   const arrow::Int64Array& files,
                                                   const arrow::Int64Array& rows,
                                                   const delta::LiveFiles& live);
Result<std::shared_ptr<arrow::Array>> RowCommitVersions(const arrow::Int64Array& stored,
                                                        const arrow::Int64Array& files,
                                                        const delta::LiveFiles& live);

}  // namespace deltaport::lake
