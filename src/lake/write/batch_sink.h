// Takes batches one by one and hands them to work that reads them as a stream, on a thread of its
// own: so one query can feed several files.
//
// One thread writes. Memory is bounded: a batch waits until the work has room for it.

#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <arrow/record_batch.h>

#include "base/bounded_channel.h"
#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::lake {

template <typename Product>
class BatchSink {
 public:
  // Runs on the sink's thread. The reader ends at Finish and fails once the token is cancelled, on
  // which the work has to undo what it did.
  using Work = std::function<Result<Product>(std::shared_ptr<arrow::RecordBatchReader> rows,
                                             const CancelToken& token)>;

  BatchSink(std::shared_ptr<arrow::Schema> schema, Work work, const CancelToken& token)
      : schema_(std::move(schema)),
        channel_(std::make_shared<Channel>(kWaitingMaxBytes, cancel_)),
        registration_(token.OnCancel([cancel = cancel_, token] { cancel.Cancel(token.Check()); })),
        thread_([this, work = std::move(work)] {
          product_ = work(std::make_shared<Reader>(schema_, channel_), cancel_);
          // Whoever writes must not wait for a reader that has given up.
          if (!product_.ok()) channel_->Close(product_.status());
        }) {}

  // Cancels the work unless Finish was called.
  ~BatchSink() {
    if (!thread_.joinable()) return;
    cancel_.Cancel(Error(ErrorCode::kCancelled, "the rows were given up"));
    thread_.join();
  }
  BatchSink(const BatchSink&) = delete;
  BatchSink& operator=(const BatchSink&) = delete;

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  // Columns as in `schema`. An error is that of the work.
  Status Write(std::shared_ptr<arrow::RecordBatch> batch) {
    if (batch->num_rows() == 0) return Status::OK();
    const int64_t size_bytes = SizeOf(*batch);
    Status pushed = channel_->Push(std::move(batch), size_bytes);
    if (pushed.ok()) return pushed;
    const auto product = Finish();
    return product.ok() ? pushed : product.status();
  }

  // Ends the stream and waits for the work. Once.
  Result<Product> Finish() {
    channel_->Close();
    if (thread_.joinable()) thread_.join();
    return std::move(product_);
  }

 private:
  using Channel = BoundedChannel<std::shared_ptr<arrow::RecordBatch>>;
  static constexpr int64_t kWaitingMaxBytes = int64_t{32} << 20;

  class Reader final : public arrow::RecordBatchReader {
   public:
    Reader(std::shared_ptr<arrow::Schema> schema, std::shared_ptr<Channel> channel)
        : schema_(std::move(schema)), channel_(std::move(channel)) {}
    std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
    Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
      ARROW_ASSIGN_OR_RAISE(auto next, channel_->Pop());
      *batch = next ? *std::move(next) : nullptr;
      return Status::OK();
    }

   private:
    const std::shared_ptr<arrow::Schema> schema_;
    const std::shared_ptr<Channel> channel_;
  };

  static int64_t SizeOf(const arrow::RecordBatch& batch) {
    int64_t size_bytes = 0;
    for (const auto& column : batch.column_data()) {
      for (const auto& buffer : column->buffers) {
        if (buffer) size_bytes += buffer->size();
      }
    }
    return size_bytes;
  }

  const std::shared_ptr<arrow::Schema> schema_;
  CancelToken cancel_;
  const std::shared_ptr<Channel> channel_;
  Result<Product> product_ = Error(ErrorCode::kInternal, "the work has not ended");
  CancelToken::Registration registration_;
  std::thread thread_;  // Last: it uses the members above.
};

}  // namespace deltaport::lake
