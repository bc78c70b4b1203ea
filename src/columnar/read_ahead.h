// Reads batches on a thread of its own, so that making rows and using them go on at the same time.

#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include <arrow/record_batch.h>

#include "base/bounded_channel.h"
#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::columnar {

// One thread reads from it. The thread starts with the first batch that is worth it; a few rows are
// read where they are asked for. Up to 16 MiB of batches wait. Destroying it waits until `rows` has
// given the batch it is at.
class ReadAhead {
 public:
  // `rows` must outlive the object, and nobody else may read from it meanwhile.
  ReadAhead(arrow::RecordBatchReader& rows, const CancelToken& token);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  // Null at the end. An error is that of `rows`, or the token's reason.
  Result<std::shared_ptr<arrow::RecordBatch>> Next();

 private:
  using Channel = BoundedChannel<std::shared_ptr<arrow::RecordBatch>>;

  void ReadAll();

  arrow::RecordBatchReader& rows_;
  Channel channel_;
  std::thread thread_;  // Last: it uses the members above.
};

}  // namespace deltaport::columnar
