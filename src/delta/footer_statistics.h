// Statistics of a data file out of its Parquet footer, without reading a row.

#pragma once

#include <string>

#include <arrow/type.h>

#include "columnar/parquet_file.h"

namespace deltaport::delta {

// The text of `add.stats` for a file with the columns of `schema` (Delta's types). Covers the
// leading `leaves_max` leaf columns (negative: all). What the footer does not say is left out, and
// so are bounds of floating point columns: a footer does not tell whether there are NaN.
std::string FooterStatistics(const columnar::ParquetFile& file, const arrow::Schema& schema,
                             int leaves_max);

}  // namespace deltaport::delta
