// Columns of data files that the table's own schema lacks, such as the row ids of row tracking.
//
// A TableSource of a snapshot shows them when its `visible_schema` has them, for internal queries.
// They are found by their name in the files, and are null in files without them.

#pragma once

#include <memory>
#include <string>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

namespace deltaport::engine {

inline constexpr char kFileColumnKey[] = "deltaport.fileColumn";

inline std::shared_ptr<arrow::Field> FileColumn(std::string name,
                                                std::shared_ptr<arrow::DataType> type) {
  return arrow::field(std::move(name), std::move(type), true,
                      arrow::key_value_metadata({kFileColumnKey}, {"true"}));
}

inline bool IsFileColumn(const arrow::Field& field) {
  return field.HasMetadata() && field.metadata()->Contains(kFileColumnKey);
}

}  // namespace deltaport::engine
