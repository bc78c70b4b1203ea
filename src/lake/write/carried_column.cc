#include "lake/write/carried_column.h"

#include <arrow/array/array_base.h>
#include <arrow/array/concatenate.h>
#include <arrow/type.h>

namespace deltaport::lake {

class CarriedColumn::Without final : public arrow::RecordBatchReader {
 public:
  Without(std::shared_ptr<arrow::RecordBatchReader> rows, std::shared_ptr<CarriedColumn> column)
      : rows_(std::move(rows)), column_(std::move(column)) {
    auto fields = rows_->schema()->fields();
    fields.pop_back();
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (!*batch) return Status::OK();
    const int last = (*batch)->num_columns() - 1;
    {
      const std::lock_guard guard(column_->lock_);
      column_->waiting_.push_back((*batch)->column(last));
    }
    ARROW_ASSIGN_OR_RAISE(*batch, (*batch)->RemoveColumn(last));
    return Status::OK();
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::shared_ptr<CarriedColumn> column_;
  std::shared_ptr<arrow::Schema> schema_;
};

class CarriedColumn::With final : public arrow::RecordBatchReader {
 public:
  With(std::shared_ptr<arrow::RecordBatchReader> rows, std::shared_ptr<CarriedColumn> column)
      : rows_(std::move(rows)), column_(std::move(column)) {
    auto fields = rows_->schema()->fields();
    fields.push_back(column_->field_);
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (!*batch) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto values, column_->Next((*batch)->num_rows()));
    auto columns = (*batch)->columns();
    columns.push_back(values);
    *batch = arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(columns));
    return Status::OK();
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::shared_ptr<CarriedColumn> column_;
  std::shared_ptr<arrow::Schema> schema_;
};

std::shared_ptr<arrow::RecordBatchReader> CarriedColumn::TakeOff(
    std::shared_ptr<arrow::RecordBatchReader> rows) {
  field_ = rows->schema()->fields().back();
  return std::make_shared<Without>(std::move(rows), shared_from_this());
}

std::shared_ptr<arrow::RecordBatchReader> CarriedColumn::PutBack(
    std::shared_ptr<arrow::RecordBatchReader> rows) {
  return std::make_shared<With>(std::move(rows), shared_from_this());
}

Result<std::shared_ptr<arrow::Array>> CarriedColumn::Next(int64_t rows) {
  const std::lock_guard guard(lock_);
  arrow::ArrayVector pieces;
  while (rows > 0) {
    if (waiting_.empty()) {
      return Error(ErrorCode::kInternal, "there are more rows than values of the column '{}'",
                   field_->name());
    }
    const auto front = waiting_.front();
    waiting_.pop_front();
    const int64_t taken = std::min(rows, front->length());
    pieces.push_back(front->Slice(0, taken));
    if (taken < front->length()) waiting_.push_front(front->Slice(taken));
    rows -= taken;
  }
  return pieces.size() == 1 ? pieces.front() : arrow::Concatenate(pieces);
}

}  // namespace deltaport::lake
