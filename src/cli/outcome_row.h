// The numbers that a command reports at its end, as one row of named columns.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::cli {

class OutcomeRow {
 public:
  OutcomeRow& Add(const std::string& name, std::optional<int64_t> value);
  OutcomeRow& Add(const std::string& name, std::string_view text);

  // To standard output; `format` as --output has it.
  Status Print(std::string_view format, const CancelToken& token) const;

 private:
  arrow::FieldVector fields_;
  arrow::ScalarVector values_;
};

}  // namespace deltaport::cli
