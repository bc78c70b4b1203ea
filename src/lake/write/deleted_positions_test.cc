#include "lake/write/deleted_positions.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

using Numbers = std::vector<std::optional<int64_t>>;

std::shared_ptr<arrow::Int64Array> Array(const Numbers& numbers) {
  arrow::Int64Builder builder;
  for (const auto& number : numbers) {
    EXPECT_TRUE((number ? builder.Append(*number) : builder.AppendNull()).ok());
  }
  return std::static_pointer_cast<arrow::Int64Array>(*builder.Finish());
}

TEST(DeletedPositions, RowsAreKeptByFileAndNewRowsPassedOver) {
  DeletedPositions positions(1 << 20);
  const auto files = Array({0, 0, std::nullopt, 2, 0});
  const auto rows = Array({5, 6, std::nullopt, 1, 5});
  ASSERT_TRUE(positions.Add(*files, *rows).ok());
  EXPECT_EQ(positions.cardinality(), 3);
  EXPECT_EQ(positions.files().size(), 2U);
  EXPECT_TRUE(positions.files().at(2).Contains(1));
}

TEST(DeletedPositions, ARowThatComesTwiceIsTold) {
  DeletedPositions positions(1 << 20);
  const auto first = positions.AddOnce(*Array({1, 1}), *Array({7, 8}));
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(first->has_value());
  const auto second = positions.AddOnce(*Array({0, 1}), *Array({8, 8}));
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->file, 1U);
  EXPECT_EQ((*second)->row, 8);
}

TEST(DeletedPositions, MemoryIsBounded) {
  DeletedPositions positions(1000);
  Numbers files, rows;
  for (int64_t i = 0; i < 2000; ++i) {
    files.push_back(0);
    rows.push_back(i * 70'000);
  }
  const Status status = positions.Add(*Array(files), *Array(rows));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(CodeOf(status), ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace deltaport::lake
