#include "lake/upkeep/rows_in_memory.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <arrow/array/array_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/parallel.h>

namespace deltaport::lake {
namespace {

constexpr int64_t kJoinBytes = int64_t{8} << 20;
constexpr int64_t kBatchRows = 64 * 1024;
constexpr int kDigitBits = 12;
constexpr size_t kDigits = size_t{1} << kDigitBits;
constexpr int kKeyBits = 64;

size_t DigitOf(uint64_t key, int shift) { return key >> shift & (kDigits - 1); }

class OrderedReader final : public arrow::RecordBatchReader {
 public:
  OrderedReader(std::shared_ptr<arrow::RecordBatch> rows, std::vector<uint32_t> order)
      : rows_(std::move(rows)), order_(std::move(order)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    const int64_t count = std::min(kBatchRows, static_cast<int64_t>(order_.size()) - next_);
    if (count <= 0) return Status::OK();
    const arrow::UInt32Array indices(count, arrow::Buffer::Wrap(order_.data() + next_, count));
    arrow::ArrayVector columns(static_cast<size_t>(rows_->num_columns()));
    ARROW_RETURN_NOT_OK(arrow::internal::ParallelFor(rows_->num_columns(), [&](int i) -> Status {
      ARROW_ASSIGN_OR_RAISE(columns[static_cast<size_t>(i)],
                            arrow::compute::Take(*rows_->column(i), indices,
                                                 arrow::compute::TakeOptions::NoBoundsCheck()));
      return Status::OK();
    }));
    next_ += count;
    *batch = arrow::RecordBatch::Make(schema(), count, std::move(columns));
    return Status::OK();
  }

 private:
  const std::shared_ptr<arrow::RecordBatch> rows_;
  const std::vector<uint32_t> order_;
  int64_t next_ = 0;
};

}  // namespace

std::vector<uint32_t> RowsByKey(const std::vector<uint64_t>& keys) {
  std::vector<uint32_t> rows(keys.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::vector<uint32_t> sorted(keys.size());
  // Digit by digit from the lowest; those that all keys share cost one look.
  for (int shift = 0; shift < kKeyBits; shift += kDigitBits) {
    std::array<size_t, kDigits> begins{};
    for (const uint64_t key : keys) ++begins[DigitOf(key, shift)];
    if (keys.empty() || begins[DigitOf(keys.front(), shift)] == keys.size()) continue;
    size_t begin = 0;
    for (size_t& count : begins) begin += std::exchange(count, begin);
    for (const uint32_t row : rows) sorted[begins[DigitOf(keys[row], shift)]++] = row;
    rows.swap(sorted);
  }
  return rows;
}

Status RowsInMemory::Add(std::shared_ptr<arrow::RecordBatch> batch) {
  const int64_t size_bytes = arrow::util::TotalBufferSize(*batch);
  waiting_.push_back(std::move(batch));
  waiting_bytes_ += size_bytes;
  return waiting_bytes_ >= kJoinBytes ? JoinWaiting() : Status::OK();
}

Status RowsInMemory::JoinWaiting() {
  if (waiting_.empty()) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ConcatenateRecordBatches(waiting_));
  waiting_.clear();
  waiting_bytes_ = 0;
  bytes_ += arrow::util::TotalBufferSize(*batch);
  joined_.push_back(std::move(batch));
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> RowsInMemory::Finish() {
  ARROW_RETURN_NOT_OK(JoinWaiting());
  int64_t rows = 0;
  std::vector<arrow::ArrayVector> pieces(static_cast<size_t>(schema_->num_fields()));
  for (const auto& batch : joined_) {
    rows += batch->num_rows();
    for (size_t i = 0; i < pieces.size(); ++i) {
      pieces[i].push_back(batch->column(static_cast<int>(i)));
    }
  }
  joined_.clear();
  arrow::ArrayVector columns;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].empty()) {
      const auto& type = schema_->field(static_cast<int>(i))->type();
      ARROW_ASSIGN_OR_RAISE(pieces[i].emplace_back(), arrow::MakeEmptyArray(type));
    }
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), arrow::Concatenate(pieces[i]));
    pieces[i].clear();  // So no more than one column is there twice.
  }
  return arrow::RecordBatch::Make(schema_, rows, std::move(columns));
}

arrow::RecordBatchVector RowsInMemory::Release() {
  arrow::RecordBatchVector batches = std::exchange(joined_, {});
  std::ranges::move(waiting_, std::back_inserter(batches));
  waiting_.clear();
  return batches;
}

std::shared_ptr<arrow::RecordBatchReader> ReadInOrder(std::shared_ptr<arrow::RecordBatch> rows,
                                                      std::vector<uint32_t> order) {
  return std::make_shared<OrderedReader>(std::move(rows), std::move(order));
}

}  // namespace deltaport::lake
