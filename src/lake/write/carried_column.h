// A column that travels around work which does not know it.
//
// Rules of a table see the table's columns only; what else a row carries (its stable id) is taken
// off before them and put back behind them. The work must keep rows and their order.

#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace deltaport::lake {

class CarriedColumn : public std::enable_shared_from_this<CarriedColumn> {
 public:
  // `rows` without their last column, which is kept here as they are read.
  std::shared_ptr<arrow::RecordBatchReader> TakeOff(std::shared_ptr<arrow::RecordBatchReader> rows);

  // `rows`, which were made of those of TakeOff, with the column behind the others.
  std::shared_ptr<arrow::RecordBatchReader> PutBack(std::shared_ptr<arrow::RecordBatchReader> rows);

 private:
  class Without;
  class With;
  Result<std::shared_ptr<arrow::Array>> Next(int64_t rows);

  std::shared_ptr<arrow::Field> field_;
  std::mutex lock_;  // The work may read on a thread of its own.
  std::deque<std::shared_ptr<arrow::Array>> waiting_;
};

}  // namespace deltaport::lake
