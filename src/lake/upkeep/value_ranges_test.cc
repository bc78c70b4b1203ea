#include "lake/upkeep/value_ranges.h"

#include <limits>
#include <map>

#include <arrow/builder.h>
#include <gtest/gtest.h>

namespace deltaport::lake {
namespace {

std::vector<uint32_t> Find(const ValueRanges& ranges, const arrow::Array& values) {
  std::vector<uint32_t> found(static_cast<size_t>(values.length()));
  ranges.Find(values, found.data());
  return found;
}

std::shared_ptr<arrow::Array> Integers(const std::vector<std::optional<int64_t>>& values) {
  arrow::Int64Builder builder;
  for (const auto& value : values) EXPECT_TRUE(builder.AppendOrNull(value).ok());
  return builder.Finish().ValueOrDie();
}

TEST(ValueRanges, SkewedValuesAreSpreadEvenly) {
  std::vector<std::optional<int64_t>> values;
  for (int64_t i = 0; i < 1'600; ++i) values.push_back(i * i * i);
  const auto array = Integers(values);
  const auto ranges = ValueRanges::Make(*array, 17).ValueOrDie();
  std::map<uint32_t, int> rows;
  const auto found = Find(*ranges, *array);
  for (size_t i = 0; i < found.size(); ++i) {
    ++rows[found[i]];
    if (i > 0) EXPECT_GE(found[i], found[i - 1]);
  }
  EXPECT_EQ(rows.size(), 16U);
  for (const auto& [range, count] : rows) EXPECT_EQ(count, 100) << range;
}

TEST(ValueRanges, NullsComeFirstAndNaNLast) {
  arrow::DoubleBuilder builder;
  for (const double value : {1.0, 2.0, 3.0, std::numeric_limits<double>::quiet_NaN()}) {
    ASSERT_TRUE(builder.Append(value).ok());
  }
  ASSERT_TRUE(builder.AppendNull().ok());
  const auto array = builder.Finish().ValueOrDie();
  const auto ranges = ValueRanges::Make(*array, 64).ValueOrDie();
  const auto found = Find(*ranges, *array);
  EXPECT_LT(found[4], found[0]);
  EXPECT_LT(found[0], found[1]);
  EXPECT_LT(found[1], found[2]);
  EXPECT_LT(found[2], found[3]);
}

TEST(ValueRanges, EveryRangeIsBelowTheMaximum) {
  arrow::StringBuilder builder;
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(builder.Append(std::to_string(i)).ok());
  const auto array = builder.Finish().ValueOrDie();
  for (const uint32_t ranges_max : {2U, 3U, 8U, 4'096U}) {
    const auto ranges = ValueRanges::Make(*array, ranges_max).ValueOrDie();
    for (const uint32_t range : Find(*ranges, *array)) {
      EXPECT_GE(range, 1U);
      EXPECT_LT(range, ranges_max);
    }
  }
}

TEST(ValueRanges, ASampleWithoutValuesHasOneRange) {
  const auto ranges = ValueRanges::Make(*Integers({std::nullopt}), 16).ValueOrDie();
  EXPECT_EQ(Find(*ranges, *Integers({7, std::nullopt})), (std::vector<uint32_t>{1, 0}));
}

}  // namespace
}  // namespace deltaport::lake
