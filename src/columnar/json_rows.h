// Arrow batches to JSON rows, the hot path of the HTTP doors.
//
// One object a row, keys in column order, no white space, UTF-8 unescaped. Cells: integers bare;
// floats shortest with a point (7.0), NaN and infinities null; decimals as strings with their scale
// kept ("3.00"); timestamps "2024-01-01T00:00:00[.ffffff]" with a fraction only when it is not
// zero, with zone in UTC and a final Z; dates "2024-01-01"; times "01:02:05[.ffffff]"; binary as
// base64 strings; lists, structs and maps (as objects with text keys) as real JSON.

#pragma once

#include <memory>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::columnar {

class JsonRowWriter {
 public:
  // kUnsupportedFeature naming the column if a type has no JSON form.
  static Result<std::unique_ptr<JsonRowWriter>> Make(std::shared_ptr<arrow::Schema> schema);
  virtual ~JsonRowWriter() = default;

  // Appends the batch's rows to `out`, each followed by `separator` (',' for arrays, '\n' for
  // NDJSON), the last one too.
  virtual Status Append(const arrow::RecordBatch& batch, char separator, std::string& out) = 0;
};

// One value as JSON, with the rules above.
Result<std::string> ScalarToJson(const arrow::Scalar& scalar);

// Appends `text` as a quoted JSON string.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace deltaport::columnar
