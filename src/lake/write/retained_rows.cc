#include "lake/write/retained_rows.h"

#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>

#include "lake/write/row_tracking_columns.h"

namespace deltaport::lake {
namespace {

const arrow::Int64Array& Integers(const arrow::Array& array) {
  return static_cast<const arrow::Int64Array&>(array);
}

}  // namespace

RetainedRows::RetainedRows(std::shared_ptr<arrow::RecordBatchReader> scan,
                           const DeletedPositions* deleted, const delta::LiveFiles& live,
                           size_t tracking_columns)
    : scan_(std::move(scan)), deleted_(deleted), live_(live), tracking_columns_(tracking_columns) {
  const auto& fields = scan_->schema()->fields();
  schema_ = arrow::schema(arrow::FieldVector(fields.begin() + 2, fields.end()));
}

Status RetainedRows::ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) {
  while (true) {
    ARROW_RETURN_NOT_OK(scan_->ReadNext(batch));
    if (!*batch) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto mask,
                          Retained(Integers(*(*batch)->column(0)), Integers(*(*batch)->column(1))));
    ARROW_ASSIGN_OR_RAISE(auto columns, Columns(**batch));
    const auto all = arrow::RecordBatch::Make(schema_, (*batch)->num_rows(), std::move(columns));
    *batch = all;
    if (mask) {
      ARROW_ASSIGN_OR_RAISE(const auto filtered, arrow::compute::Filter(all, mask));
      *batch = filtered.record_batch();
    }
    rows_ += (*batch)->num_rows();
    if ((*batch)->num_rows() > 0) return Status::OK();
  }
}

Result<std::shared_ptr<arrow::Array>> RetainedRows::Retained(const arrow::Int64Array& files,
                                                             const arrow::Int64Array& rows) const {
  if (deleted_ == nullptr) return nullptr;
  arrow::BooleanBuilder retained;
  ARROW_RETURN_NOT_OK(retained.Reserve(rows.length()));
  const delta::DeletedRows* deleted = nullptr;
  int64_t file = -1;
  for (int64_t i = 0; i < rows.length(); ++i) {
    if (files.Value(i) != file) {
      file = files.Value(i);
      const auto found = deleted_->files().find(static_cast<size_t>(file));
      deleted = found == deleted_->files().end() ? nullptr : &found->second;
    }
    retained.UnsafeAppend(deleted == nullptr || !deleted->Contains(rows.Value(i)));
  }
  return retained.Finish();
}

Result<arrow::ArrayVector> RetainedRows::Columns(const arrow::RecordBatch& batch) const {
  arrow::ArrayVector columns(batch.columns().begin() + 2, batch.columns().end());
  const auto& files = Integers(*batch.column(0));
  const size_t first = columns.size() - tracking_columns_;
  if (tracking_columns_ > 0) {
    ARROW_ASSIGN_OR_RAISE(columns[first], StableRowIds(Integers(*columns[first]), files,
                                                       Integers(*batch.column(1)), live_));
  }
  if (tracking_columns_ > 1) {
    ARROW_ASSIGN_OR_RAISE(columns[first + 1],
                          RowCommitVersions(Integers(*columns[first + 1]), files, live_));
  }
  return columns;
}

}  // namespace deltaport::lake
