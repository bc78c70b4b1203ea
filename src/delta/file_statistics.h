// Bounds and null counts of a column over files, out of the statistics text of the log.

#pragma once

#include <memory>
#include <string>

#include <arrow/type.h>

#include "delta/live_files.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// Parses each block once for a column and keeps the result with the block. A bound that is absent,
// malformed or of a type without bounds (boolean, binary, nested) is null. Maxima of timestamps get
// a millisecond added, because writers cut them to milliseconds.
Result<std::shared_ptr<const ColumnStatistics>> ReadStatistics(
    const LiveFiles& files, const std::string& physical_name,
    const std::shared_ptr<arrow::DataType>& type);

// Values of a partition column, one slot a file, as partition_text.h says; absent ones are null.
// kCorruptTable naming the file for text that is not a value of the type.
Result<std::shared_ptr<arrow::Array>> ReadPartitionValues(const LiveFiles& files,
                                                          const std::string& physical_name,
                                                          const arrow::Field& column);

}  // namespace deltaport::delta
