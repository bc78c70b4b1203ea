// Rows found by value: equal to a comparison of the whole column, for every plain type.

#include <random>

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "columnar/parquet_rows.h"
#include "columnar/value_bounds.h"

namespace deltaport::columnar {
namespace {

constexpr int64_t kRows = 5'000;

std::shared_ptr<arrow::Array> Numbers(std::mt19937& random, bool sorted) {
  std::uniform_int_distribution<int> step(0, 34);
  std::uniform_int_distribution<int> any(0, 100);
  arrow::Int64Builder builder;
  int64_t value = -50;
  for (int64_t i = 0; i < kRows; ++i) {
    if (sorted && step(random) == 0 && value < 100) ++value;
    if (!sorted) value = any(random) - 50;
    EXPECT_TRUE((any(random) == 0 ? builder.AppendNull() : builder.Append(value)).ok());
  }
  return builder.Finish().ValueOrDie();
}

// Texts that agree in more bytes than bounds keep.
std::shared_ptr<arrow::Array> Texts(const arrow::Array& numbers) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < numbers.length(); ++i) {
    const auto& values = static_cast<const arrow::Int64Array&>(numbers);
    EXPECT_TRUE((values.IsNull(i) ? builder.AppendNull()
                                  : builder.Append(fmt::format("{:a>100}{:0>4}", "\xC3\xA9",
                                                               values.Value(i) + 1'000)))
                    .ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> As(const std::shared_ptr<arrow::Array>& numbers,
                                 const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == arrow::Type::STRING) return Texts(*numbers);
  if (type->id() == arrow::Type::BINARY) return Texts(*numbers)->View(type).ValueOrDie();
  if (type->id() == arrow::Type::DECIMAL128) {
    arrow::Decimal128Builder builder(type);
    const auto& values = static_cast<const arrow::Int64Array&>(*numbers);
    for (int64_t i = 0; i < values.length(); ++i) {
      EXPECT_TRUE((values.IsNull(i) ? builder.AppendNull()
                                    : builder.Append(arrow::Decimal128(values.Value(i))))
                      .ok());
    }
    return builder.Finish().ValueOrDie();
  }
  const auto options = arrow::compute::CastOptions::Unsafe();
  if (type->id() == arrow::Type::DATE32 || type->id() == arrow::Type::TIME32) {
    return arrow::compute::Cast(*numbers, arrow::int32(), options)
        .ValueOrDie()
        ->View(type)
        .ValueOrDie();
  }
  return arrow::compute::Cast(*numbers, type, options).ValueOrDie();
}

std::vector<std::shared_ptr<arrow::DataType>> PlainTypes() {
  return {arrow::boolean(),
          arrow::int8(),
          arrow::int16(),
          arrow::int32(),
          arrow::int64(),
          arrow::uint8(),
          arrow::uint16(),
          arrow::uint32(),
          arrow::uint64(),
          arrow::float32(),
          arrow::float64(),
          arrow::date32(),
          arrow::time32(arrow::TimeUnit::MILLI),
          arrow::time64(arrow::TimeUnit::MICRO),
          arrow::timestamp(arrow::TimeUnit::MILLI),
          arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
          arrow::timestamp(arrow::TimeUnit::NANO),
          arrow::decimal128(5, 2),
          arrow::decimal128(15, 2),
          arrow::decimal128(30, 4),
          arrow::utf8(),
          arrow::binary()};
}

class ParquetSearch : public testing::TestWithParam<std::tuple<bool, bool>> {
 protected:
  void SetUp() override {
    SCOPED_TRACE(fmt::format("seed {}", seed_));
    const auto [sorted, dictionary] = GetParam();
    const auto numbers = Numbers(random_, sorted);
    arrow::FieldVector fields;
    for (const auto& type : PlainTypes()) {
      fields.push_back(arrow::field(type->ToString(), type));
      columns_.push_back(As(numbers, type));
    }
    parquet::WriterProperties::Builder properties;
    properties.data_pagesize(256)->write_batch_size(32)->max_row_group_length(kRows / 3);
    properties.enable_store_decimal_as_integer();
    if (!dictionary) properties.disable_dictionary();
    const auto output = arrow::io::BufferOutputStream::Create().ValueOrDie();
    const auto table = arrow::Table::Make(arrow::schema(fields), columns_);
    ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), output, kRows / 3,
                                           properties.build())
                    .ok());
    file_ = std::make_shared<arrow::io::BufferReader>(output->Finish().ValueOrDie());
    footer_ = ParquetFooter::Read("f", file_).ValueOrDie();
    for (size_t i = 0; i < columns_.size(); ++i) {
      ASSERT_TRUE(footer_->schema()->field(static_cast<int>(i))->type()->Equals(PlainTypes()[i]));
    }
  }

  const uint32_t seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
  arrow::ArrayVector columns_;
  std::shared_ptr<arrow::io::BufferReader> file_;
  std::shared_ptr<const ParquetFooter> footer_;
};

TEST_P(ParquetSearch, SingleRowsOfEveryTypeEqualTheColumn) {
  SCOPED_TRACE(fmt::format("seed {}", seed_));
  std::uniform_int_distribution<int64_t> any(0, kRows - 1);
  std::vector<int64_t> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(any(random_));
  rows.push_back(rows.front());
  arrow::Int64Builder indices;
  ASSERT_TRUE(indices.AppendValues(rows).ok());
  const auto taken = indices.Finish().ValueOrDie();
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto read = ParquetRows(footer_, file_).Read(static_cast<int>(i), rows);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE((*read)->Equals(*arrow::compute::Take(*columns_[i], *taken).ValueOrDie()))
        << columns_[i]->type()->ToString();
  }
}

TEST_P(ParquetSearch, FoundRowsAreThoseThatEqualOneOfTheValues) {
  SCOPED_TRACE(fmt::format("seed {}", seed_));
  std::uniform_int_distribution<int64_t> any(0, kRows - 1);
  size_t found_columns = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    std::vector<int64_t> samples;
    while (samples.size() < 2) {
      if (const int64_t row = any(random_); columns_[i]->IsValid(row)) samples.push_back(row);
    }
    arrow::Int64Builder indices;
    ASSERT_TRUE(indices.AppendValues(samples).ok());
    const auto values =
        arrow::compute::Take(*columns_[i], *indices.Finish().ValueOrDie()).ValueOrDie();
    const auto found = ParquetRows(footer_, file_).FindEqual(static_cast<int>(i), *values);
    ASSERT_TRUE(found.ok()) << found.status();
    if (!HaveBounds(*columns_[i]->type())) {
      EXPECT_FALSE(*found);
    }
    if (!*found) continue;
    ++found_columns;
    EXPECT_EQ(**found, FindEqual(*columns_[i], *values).ValueOrDie())
        << columns_[i]->type()->ToString();
  }
  // In a column without order every page may hold a value, so that a scan is as good.
  const bool sorted = std::get<0>(GetParam());
  EXPECT_EQ(found_columns > 10, sorted) << found_columns;
  EXPECT_EQ(found_columns > 0, sorted) << found_columns;
}

TEST_P(ParquetSearch, ValueBeyondAllBoundsIsFoundNowhereWithoutAPage) {
  arrow::Int64Builder builder;
  ASSERT_TRUE(builder.Append(1'000'000).ok());
  const auto values = builder.Finish().ValueOrDie();
  const auto found = ParquetRows(footer_, file_).FindEqual(4, *values);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_TRUE(*found);
  EXPECT_TRUE((*found)->empty());
}

INSTANTIATE_TEST_SUITE_P(SortedAndNot, ParquetSearch,
                         testing::Combine(testing::Bool(), testing::Bool()));

TEST(ValueBounds, UnknownBoundsExcludeNothing) {
  arrow::Int64Builder low, high, wanted;
  ASSERT_TRUE(low.AppendValues({0, 10, 0}, {true, true, false}).ok());
  ASSERT_TRUE(high.AppendValues({5, 15, 0}, {true, true, false}).ok());
  ASSERT_TRUE(wanted.AppendValues({12, 99}).ok());
  const auto may_hold = MayHold(*low.Finish().ValueOrDie(), *high.Finish().ValueOrDie(),
                                *wanted.Finish().ValueOrDie());
  ASSERT_TRUE(may_hold.ok()) << may_hold.status();
  EXPECT_EQ(*may_hold, (std::vector<bool>{false, true, true}));
}

}  // namespace
}  // namespace deltaport::columnar
