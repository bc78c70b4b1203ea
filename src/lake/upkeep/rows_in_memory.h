// Rows that fit into memory, put into another order without the engine: what z-order does with all
// but large partitions.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>

#include "base/error.h"

namespace deltaport::lake {

// The numbers of the keys by rising key; equal keys keep their order.
std::vector<uint32_t> RowsByKey(const std::vector<uint64_t>& keys);

// Collects batches of one schema, each column in one piece at the end. One thread.
class RowsInMemory {
 public:
  explicit RowsInMemory(std::shared_ptr<arrow::Schema> schema) : schema_(std::move(schema)) {}

  Status Add(std::shared_ptr<arrow::RecordBatch> batch);

  // So far, without what an array's validity and alignment take.
  int64_t bytes() const { return bytes_ + waiting_bytes_; }

  // All rows. Once.
  Result<std::shared_ptr<arrow::RecordBatch>> Finish();

  // The batches that were added, joined or not. Once, instead of Finish.
  arrow::RecordBatchVector Release();

 private:
  Status JoinWaiting();

  const std::shared_ptr<arrow::Schema> schema_;
  arrow::RecordBatchVector waiting_;
  int64_t waiting_bytes_ = 0;
  arrow::RecordBatchVector joined_;  // Each column has memory of its own.
  int64_t bytes_ = 0;                // Of `joined_`.
};

// The rows of a batch in the order of their numbers. Columns are put together on the threads of
// Arrow's CPU pool; whoever reads must not be one of them.
std::shared_ptr<arrow::RecordBatchReader> ReadInOrder(std::shared_ptr<arrow::RecordBatch> rows,
                                                      std::vector<uint32_t> order);

}  // namespace deltaport::lake
