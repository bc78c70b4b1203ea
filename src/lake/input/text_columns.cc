#include "lake/input/text_columns.h"

#include <arrow/array.h>
#include <arrow/builder.h>

#include "columnar/json_document.h"
#include "lake/input/json_cell.h"

namespace deltaport::lake {
namespace {

bool IsText(const arrow::DataType& type) { return type.id() == arrow::Type::STRING; }

Status AppendCell(const arrow::DataType& type, std::string_view text,
                  arrow::ArrayBuilder& builder) {
  if (text.empty()) return builder.AppendNull();
  if (!arrow::is_nested(type.id())) return AppendText(type, text, builder);
  ARROW_ASSIGN_OR_RAISE(const auto document, columnar::JsonDocument::Parse(text));
  return AppendJson(type, document.root(), builder);
}

class TypedReader final : public arrow::RecordBatchReader {
 public:
  TypedReader(std::shared_ptr<arrow::RecordBatchReader> rows, const arrow::Schema& columns,
              RowPlace place)
      : rows_(std::move(rows)), place_(std::move(place)) {
    arrow::FieldVector fields;
    for (const auto& field : rows_->schema()->fields()) {
      const auto wanted = columns.GetFieldByName(field->name());
      const bool typed = wanted && IsText(*field->type()) && !IsText(*wanted->type());
      fields.push_back(typed ? field->WithType(wanted->type()) : field);
    }
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (!*batch) return Status::OK();
    arrow::ArrayVector columns = (*batch)->columns();
    for (int i = 0; i < schema_->num_fields(); ++i) {
      const auto& field = *schema_->field(i);
      auto& column = columns[static_cast<size_t>(i)];
      if (column->type_id() == field.type()->id()) continue;
      ARROW_ASSIGN_OR_RAISE(column, Typed(static_cast<const arrow::StringArray&>(*column), field));
    }
    const int64_t rows = (*batch)->num_rows();
    *batch = arrow::RecordBatch::Make(schema_, rows, std::move(columns));
    rows_before_ += rows;
    return Status::OK();
  }

 private:
  Result<std::shared_ptr<arrow::Array>> Typed(const arrow::StringArray& texts,
                                              const arrow::Field& field) const {
    ARROW_ASSIGN_OR_RAISE(const auto builder, arrow::MakeBuilder(field.type()));
    for (int64_t row = 0; row < texts.length(); ++row) {
      const Status status = texts.IsNull(row)
                                ? builder->AppendNull()
                                : AppendCell(*field.type(), texts.GetView(row), *builder);
      if (!status.ok()) {
        return WithContext(
            status, fmt::format("{}, column '{}'", place_(rows_before_ + row), field.name()));
      }
    }
    return builder->Finish();
  }

  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const RowPlace place_;
  std::shared_ptr<arrow::Schema> schema_;
  int64_t rows_before_ = 0;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> TypedColumns(
    std::shared_ptr<arrow::RecordBatchReader> rows, const arrow::Schema& columns, RowPlace place) {
  return std::make_shared<TypedReader>(std::move(rows), columns, std::move(place));
}

}  // namespace deltaport::lake
