#include "columnar/read_ahead.h"

#include <arrow/util/byte_size.h>

namespace deltaport::columnar {
namespace {

constexpr int64_t kWaitingMaxBytes = int64_t{16} << 20;
constexpr int64_t kThreadRowsMin =
    4 * 1024;  // Starting one costs as much as encoding such a batch.

}  // namespace

ReadAhead::ReadAhead(arrow::RecordBatchReader& rows, const CancelToken& token)
    : rows_(rows), channel_(kWaitingMaxBytes, token) {}

ReadAhead::~ReadAhead() {
  channel_.Close();
  if (thread_.joinable()) thread_.join();
}

Result<std::shared_ptr<arrow::RecordBatch>> ReadAhead::Next() {
  if (thread_.joinable()) {
    ARROW_ASSIGN_OR_RAISE(auto next, channel_.Pop());
    return next ? *std::move(next) : nullptr;
  }
  ARROW_ASSIGN_OR_RAISE(auto batch, rows_.Next());
  if (batch && batch->num_rows() >= kThreadRowsMin) thread_ = std::thread([this] { ReadAll(); });
  return batch;
}

void ReadAhead::ReadAll() {
  while (true) {
    auto batch = rows_.Next();
    if (!batch.ok() || !*batch) {
      channel_.Close(batch.status());
      return;
    }
    const int64_t size_bytes = arrow::util::TotalBufferSize(**batch);
    // It is closed once nobody wants more.
    if (!channel_.Push(*std::move(batch), size_bytes).ok()) return;
  }
}

}  // namespace deltaport::columnar
