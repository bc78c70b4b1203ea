#include "lake/write/carried_column.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

std::shared_ptr<arrow::RecordBatch> Numbers(int64_t first, int64_t count) {
  arrow::Int64Builder rows, ids;
  for (int64_t i = first; i < first + count; ++i) {
    EXPECT_TRUE(rows.Append(i).ok() && ids.Append(i * 10).ok());
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("row", arrow::int64()), arrow::field("id", arrow::int64())}),
      count, arrow::ArrayVector{*rows.Finish(), *ids.Finish()});
}

// The same rows in batches of other sizes.
class Rebatched final : public arrow::RecordBatchReader {
 public:
  Rebatched(std::shared_ptr<arrow::RecordBatchReader> rows, int64_t size) : size_(size) {
    table_ = *rows->ToTable();
    reader_ = std::make_unique<arrow::TableBatchReader>(*table_);
    reader_->set_chunksize(size_);
  }
  std::shared_ptr<arrow::Schema> schema() const override { return table_->schema(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return reader_->ReadNext(batch);
  }

 private:
  const int64_t size_;
  std::shared_ptr<arrow::Table> table_;
  std::unique_ptr<arrow::TableBatchReader> reader_;
};

TEST(CarriedColumn, FindsItsRowsAgainWhateverTheBatches) {
  const auto rows = *arrow::RecordBatchReader::Make({Numbers(0, 7), Numbers(7, 1), Numbers(8, 12)});
  const auto carried = std::make_shared<CarriedColumn>();
  const auto without = carried->TakeOff(rows);
  EXPECT_EQ(without->schema()->field_names(), std::vector<std::string>{"row"});
  const auto merged = *(*arrow::Table::FromRecordBatches({Numbers(0, 20)}))->CombineChunks();
  const auto work = std::make_shared<Rebatched>(without, 5);
  const auto with = carried->PutBack(work);
  const auto table = *(*with->ToTable())->CombineChunks();
  EXPECT_TRUE(table->Equals(*merged)) << table->ToString();
}

TEST(CarriedColumn, MoreRowsThanCameAreAnError) {
  const auto carried = std::make_shared<CarriedColumn>();
  const auto without = carried->TakeOff(*arrow::RecordBatchReader::Make({Numbers(0, 2)}));
  ASSERT_TRUE(without->ToTable().ok());
  const auto extra = *Numbers(0, 3)->RemoveColumn(1);
  const auto with = carried->PutBack(*arrow::RecordBatchReader::Make({extra}));
  EXPECT_FALSE(with->ToTable().ok());
}

}  // namespace
}  // namespace deltaport::lake
