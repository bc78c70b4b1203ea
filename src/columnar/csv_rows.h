// Arrow batches to CSV (RFC 4180): lines end with "\r\n", nulls are empty, nested values are JSON.
//
// Numbers, dates and times have the text of json_rows.h without its quotes; NaN and infinities are
// "NaN", "inf" and "-inf".

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::columnar {

// Appends the column names as one line.
void AppendCsvHeader(const arrow::Schema& schema, std::string& out);

// Appends one line a row. kUnsupportedFeature naming the column if a type has no text form.
Status AppendCsvRows(const arrow::RecordBatch& batch, std::string& out);

}  // namespace deltaport::columnar
