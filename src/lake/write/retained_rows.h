// The rows of data files that stay when others are deleted, in the order of the files.

#pragma once

#include <cstdint>
#include <memory>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "delta/live_files.h"
#include "lake/write/deleted_positions.h"

namespace deltaport::lake {

// Leaves deleted rows out of what ReadFileRows gives, and its first two columns, which are the file
// and the row's number in it. For one thread; what it refers to must outlive it.
class RetainedRows final : public arrow::RecordBatchReader {
 public:
  // The last columns of the scan are the stored row ids and the stored commit versions of the rows,
  // as far as `tracking_columns` goes; they are completed from `live`. Without `deleted` all rows
  // stay.
  RetainedRows(std::shared_ptr<arrow::RecordBatchReader> scan, const DeletedPositions* deleted,
               const delta::LiveFiles& live, size_t tracking_columns);

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override;

  int64_t rows() const { return rows_; }  // Read so far.

 private:
  // Which rows stay; null if all do.
  Result<std::shared_ptr<arrow::Array>> Retained(const arrow::Int64Array& files,
                                                 const arrow::Int64Array& rows) const;
  Result<arrow::ArrayVector> Columns(const arrow::RecordBatch& batch) const;

  const std::shared_ptr<arrow::RecordBatchReader> scan_;
  const DeletedPositions* const deleted_;
  const delta::LiveFiles& live_;
  const size_t tracking_columns_;
  std::shared_ptr<arrow::Schema> schema_;
  int64_t rows_ = 0;
};

}  // namespace deltaport::lake
