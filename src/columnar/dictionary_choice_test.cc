#include "columnar/dictionary_choice.h"

#include <random>

#include <arrow/builder.h>
#include <gtest/gtest.h>

namespace deltaport::columnar {
namespace {

constexpr int64_t kRows = 64 * 1024;

std::shared_ptr<arrow::Array> RandomNumbers(int64_t values, int64_t rows) {
  std::mt19937_64 random(7);
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_TRUE(
        builder.Append(static_cast<int64_t>(random() % static_cast<uint64_t>(values))).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Texts(int64_t values, int64_t rows, const std::string& prefix) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_TRUE(builder.Append(prefix + std::to_string(i % values)).ok());
  }
  return builder.Finish().ValueOrDie();
}

TEST(DictionaryChoice, FewValuesOfAnyTypePay) {
  EXPECT_TRUE(DictionaryPays(*RandomNumbers(1000, kRows), false));
  EXPECT_TRUE(DictionaryPays(*RandomNumbers(50'000, kRows), false));
  EXPECT_TRUE(DictionaryPays(*Texts(5000, kRows, "code-"), false));
}

TEST(DictionaryChoice, WhatOutgrowsADictionaryIsNotBegun) {
  EXPECT_FALSE(DictionaryPays(*RandomNumbers(1'000'000'000, kRows), false));
  EXPECT_FALSE(DictionaryPays(*RandomNumbers(300'000, kRows), false));
  EXPECT_FALSE(DictionaryPays(*Texts(kRows, kRows, "row "), false));
  // Fewer values, but long ones.
  EXPECT_FALSE(DictionaryPays(*Texts(20'000, kRows, std::string(100, 'x')), false));
}

TEST(DictionaryChoice, AWholeColumnNeedsRepeatedValues) {
  EXPECT_TRUE(DictionaryPays(*Texts(500, 2000, "a"), true));
  EXPECT_FALSE(DictionaryPays(*Texts(2000, 2000, "a"), true));
}

TEST(DictionaryChoice, SlicesAndNullsAreLookedAtRight) {
  arrow::Int32Builder builder;
  for (int32_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE((i % 2 == 0 ? builder.AppendNull() : builder.Append(i < 100 ? i : 5)).ok());
  }
  const auto array = builder.Finish().ValueOrDie();
  EXPECT_TRUE(DictionaryPays(*array->Slice(101), false));
  EXPECT_FALSE(DictionaryPays(*array->Slice(0, 100), true));
  arrow::Int32Builder nulls;
  ASSERT_TRUE(nulls.AppendNulls(10).ok());
  EXPECT_TRUE(DictionaryPays(*nulls.Finish().ValueOrDie(), true));
  EXPECT_TRUE(DictionaryPays(*RandomNumbers(3, 0), true));
}

}  // namespace
}  // namespace deltaport::columnar
