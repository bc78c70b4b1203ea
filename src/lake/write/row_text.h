// Rows as messages show them.

#pragma once

#include <string>
#include <vector>

#include <arrow/record_batch.h>

namespace deltaport::lake {

// "a = 1, b = x, …": the columns of `first` before the others; long values and many columns are
// cut.
std::string ShowRow(const arrow::RecordBatch& batch, int64_t row,
                    const std::vector<std::string>& first);

}  // namespace deltaport::lake
