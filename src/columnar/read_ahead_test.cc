#include "columnar/read_ahead.h"

#include <arrow/builder.h>
#include <gtest/gtest.h>

namespace deltaport::columnar {
namespace {

// `batches` batches of `rows` rows each, then an error if there is one.
class CountedBatches final : public arrow::RecordBatchReader {
 public:
  CountedBatches(int batches, int64_t rows, Status end)
      : left_(batches), rows_(rows), end_(std::move(end)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (left_ == 0) return end_;
    --left_;
    ++read_;
    arrow::Int64Builder builder;
    for (int64_t i = 0; i < rows_; ++i) ARROW_RETURN_NOT_OK(builder.Append(read_));
    ARROW_ASSIGN_OR_RAISE(auto column, builder.Finish());
    *batch = arrow::RecordBatch::Make(schema_, rows_, {std::move(column)});
    return Status::OK();
  }

  int read() const { return read_; }

 private:
  const std::shared_ptr<arrow::Schema> schema_ =
      arrow::schema({arrow::field("batch", arrow::int64())});
  int left_;
  const int64_t rows_;
  const Status end_;
  int read_ = 0;
};

TEST(ReadAhead, BatchesComeInTheirOrderConcurrentlyOrNot) {
  for (const int64_t rows : {int64_t{10}, int64_t{20'000}}) {
    CountedBatches batches(50, rows, Status::OK());
    ReadAhead ahead(batches, CancelToken());
    for (int i = 1; i <= 50; ++i) {
      const auto batch = ahead.Next().ValueOrDie();
      ASSERT_NE(batch, nullptr);
      EXPECT_EQ(static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0), i);
    }
    EXPECT_EQ(ahead.Next().ValueOrDie(), nullptr);
  }
}

TEST(ReadAhead, AnErrorComesAfterTheBatchesBeforeIt) {
  CountedBatches batches(3, 20'000, Error(ErrorCode::kCorruptTable, "file x is damaged"));
  ReadAhead ahead(batches, CancelToken());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ahead.Next().ok());
  EXPECT_EQ(CodeOf(ahead.Next().status()), ErrorCode::kCorruptTable);
}

TEST(ReadAhead, WhoLeavesEarlyDoesNotWaitForAllRows) {
  CountedBatches batches(1'000'000, 100'000, Status::OK());
  {
    ReadAhead ahead(batches, CancelToken());
    ASSERT_TRUE(ahead.Next().ok());
    ASSERT_TRUE(ahead.Next().ok());
  }
  EXPECT_LT(batches.read(), 1'000);
}

TEST(ReadAhead, ACancelledTokenEndsIt) {
  const CancelToken token;
  CountedBatches batches(1'000'000, 100'000, Status::OK());
  ReadAhead ahead(batches, token);
  ASSERT_TRUE(ahead.Next().ok());
  token.Cancel(Error(ErrorCode::kCancelled, "enough"));
  EXPECT_EQ(CodeOf(ahead.Next().status()), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace deltaport::columnar
