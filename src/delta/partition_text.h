// Texts of partition values in the log, as values of their column.

#pragma once

#include <cstdint>
#include <string_view>

#include <arrow/builder.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::delta {

class PartitionText {
 public:
  explicit PartitionText(const arrow::Field& column);

  // Appends the value of a text to a builder of the column's type. Empty text is null, as the
  // protocol says. A value of a char(n) column gets the blanks that it lacks: Spark adds them when
  // it reads, and the log may lack them. kCorruptTable for text that is no value of the type.
  Status Append(std::string_view text, arrow::ArrayBuilder& builder) const;

  // Of a char(n) column, 0 of all others.
  int64_t padded_characters() const { return padded_characters_; }

 private:
  std::shared_ptr<arrow::DataType> type_;
  int64_t padded_characters_ = 0;
};

}  // namespace deltaport::delta
