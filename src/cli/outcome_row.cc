#include "cli/outcome_row.h"

#include <arrow/array/util.h>
#include <arrow/scalar.h>

#include "cli/result_writer.h"

namespace deltaport::cli {

OutcomeRow& OutcomeRow::Add(const std::string& name, std::optional<int64_t> value) {
  fields_.push_back(arrow::field(name, arrow::int64()));
  auto scalar = std::make_shared<arrow::Int64Scalar>(value.value_or(0));
  scalar->is_valid = value.has_value();
  values_.push_back(std::move(scalar));
  return *this;
}

OutcomeRow& OutcomeRow::Add(const std::string& name, std::string_view text) {
  fields_.push_back(arrow::field(name, arrow::utf8()));
  values_.push_back(std::make_shared<arrow::StringScalar>(std::string(text)));
  return *this;
}

Status OutcomeRow::Print(std::string_view format, const CancelToken& token) const {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat output, ParseOutputFormat(format));
  arrow::ArrayVector columns;
  for (const auto& value : values_) {
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), arrow::MakeArrayFromScalar(*value, 1));
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(fields_), 1, std::move(columns));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make({batch}));
  return PrintResult(*reader, output, token);
}

}  // namespace deltaport::cli
