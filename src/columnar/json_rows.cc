#include "columnar/json_rows.h"

#include <utility>

#include <arrow/array/util.h>
#include <arrow/scalar.h>

#include "columnar/row_block.h"

namespace deltaport::columnar {
namespace {

RowFrame JsonFrame(const arrow::Schema& schema, char separator) {
  RowFrame frame;
  for (int i = 0; i < schema.num_fields(); ++i) {
    std::string key(i == 0 ? "{" : ",");
    AppendJsonString(schema.field(i)->name(), key);
    key += ':';
    frame.before.push_back(std::move(key));
  }
  frame.after = schema.num_fields() == 0 ? "{}" : "}";
  frame.after += separator;
  return frame;
}

class BlockJsonRowWriter final : public JsonRowWriter {
 public:
  explicit BlockJsonRowWriter(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}

  Status Append(const arrow::RecordBatch& batch, char separator, std::string& out) override {
    if (batch.num_columns() != schema_->num_fields()) {
      return Error(ErrorCode::kInternal, "a batch of {} columns does not fit a schema of {}",
                   batch.num_columns(), schema_->num_fields());
    }
    if (!writer_ || separator != separator_) {
      writer_.emplace(JsonFrame(*schema_, separator), TextFormat::kJson);
      separator_ = separator;
    }
    return writer_->Append(batch, out);
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::optional<RowBlockWriter> writer_;
  char separator_ = ',';
};

}  // namespace

Result<std::unique_ptr<JsonRowWriter>> JsonRowWriter::Make(std::shared_ptr<arrow::Schema> schema) {
  // An empty column of each type tells whether it can be written.
  for (const auto& field : schema->fields()) {
    ARROW_ASSIGN_OR_RAISE(auto empty, arrow::MakeEmptyArray(field->type()));
    const auto column = CellColumn::Make(std::move(empty), TextFormat::kJson);
    if (!column.ok()) {
      return WithContext(column.status(), fmt::format("column '{}'", field->name()));
    }
  }
  return std::make_unique<BlockJsonRowWriter>(std::move(schema));
}

Result<std::string> ScalarToJson(const arrow::Scalar& scalar) {
  ARROW_ASSIGN_OR_RAISE(auto array, arrow::MakeArrayFromScalar(scalar, 1));
  ARROW_ASSIGN_OR_RAISE(CellColumn column, CellColumn::Make(array, TextFormat::kJson));
  std::string text(static_cast<size_t>(column.Prepare(0, 1)), '\0');
  text.resize(static_cast<size_t>(column.Put(text.data(), 0) - text.data()));
  return text;
}

}  // namespace deltaport::columnar
