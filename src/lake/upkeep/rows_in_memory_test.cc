#include "lake/upkeep/rows_in_memory.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <arrow/builder.h>
#include <arrow/table.h>
#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

std::shared_ptr<arrow::RecordBatch> Batch(int64_t first, int64_t rows) {
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  for (int64_t i = first; i < first + rows; ++i) {
    EXPECT_TRUE(numbers.Append(i).ok());
    EXPECT_TRUE((i % 7 == 0 ? texts.AppendNull() : texts.Append(std::to_string(i))).ok());
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("number", arrow::int64()), arrow::field("text", arrow::utf8())}),
      rows, {numbers.Finish().ValueOrDie(), texts.Finish().ValueOrDie()});
}

TEST(RowsByKey, OrdersAsAStableSortDoes) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  for (const uint64_t values : {uint64_t{1}, uint64_t{3}, uint64_t{1} << 24, ~uint64_t{0}}) {
    std::vector<uint64_t> keys(10'000);
    for (auto& key : keys) key = random() % values;
    std::vector<uint32_t> expected(keys.size());
    std::iota(expected.begin(), expected.end(), 0U);
    std::ranges::stable_sort(expected, {}, [&](uint32_t row) { return keys[row]; });
    EXPECT_EQ(RowsByKey(keys), expected);
  }
  EXPECT_TRUE(RowsByKey({}).empty());
}

TEST(RowsInMemory, AllRowsComeInTheOrderAskedFor) {
  const int64_t rows = 200'000;
  RowsInMemory memory(Batch(0, 0)->schema());
  for (int64_t first = 0; first < rows; first += 2'000) {
    ASSERT_TRUE(memory.Add(Batch(first, 2'000)).ok());
  }
  const auto batch = memory.Finish().ValueOrDie();
  ASSERT_TRUE(batch->Equals(*Batch(0, rows)));
  std::vector<uint32_t> order(static_cast<size_t>(rows));
  std::iota(order.rbegin(), order.rend(), 0U);
  const auto table = ReadInOrder(batch, order)->ToTable().ValueOrDie();
  const auto reversed = table->CombineChunksToBatch().ValueOrDie();
  ASSERT_TRUE(reversed->ValidateFull().ok());
  ASSERT_EQ(reversed->num_rows(), rows);
  for (const int64_t row : {int64_t{0}, int64_t{1}, rows / 2, rows - 1}) {
    EXPECT_TRUE(reversed->Slice(row, 1)->Equals(*batch->Slice(rows - 1 - row, 1))) << row;
  }
}

TEST(RowsInMemory, WithoutRowsThereIsAnEmptyBatch) {
  RowsInMemory memory(Batch(0, 0)->schema());
  EXPECT_EQ(memory.Finish().ValueOrDie()->num_rows(), 0);
}

TEST(RowsInMemory, ReleasesWhatItHolds) {
  RowsInMemory memory(Batch(0, 0)->schema());
  ASSERT_TRUE(memory.Add(Batch(0, 400'000)).ok());
  EXPECT_GT(memory.bytes(), 400'000 * 8);
  ASSERT_TRUE(memory.Add(Batch(400'000, 10)).ok());
  int64_t rows = 0;
  for (const auto& batch : memory.Release()) rows += batch->num_rows();
  EXPECT_EQ(rows, 400'010);
}

}  // namespace
}  // namespace deltaport::lake
