#include "delta/deleted_rows.h"

#include <numeric>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace deltaport::delta {
namespace {

std::vector<int64_t> RowsOf(const DeletedRows& rows) {
  std::vector<int64_t> all;
  rows.ForEach([&](int64_t row) { all.push_back(row); });
  return all;
}

template <typename Integer>
std::string Bytes(Integer value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// One 32-bit bitmap with one array of values below 2^16, as the Roaring format says.
std::string SmallBitmap(const std::vector<uint16_t>& values) {
  std::string bytes = Bytes(uint32_t{12346}) + Bytes(uint32_t{1}) + Bytes(uint16_t{0}) +
                      Bytes(static_cast<uint16_t>(values.size() - 1)) + Bytes(uint32_t{16});
  for (const uint16_t value : values) bytes += Bytes(value);
  return bytes;
}

void ExpectCorrupt(std::string_view bytes) {
  const auto parsed = DeletedRows::Parse(bytes);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(CodeOf(parsed.status()), ErrorCode::kCorruptTable) << parsed.status();
}

TEST(DeletedRows, RowsThatWereAddedAreThere) {
  DeletedRows rows;
  EXPECT_TRUE(rows.empty());
  rows.Add(7);
  rows.Add(int64_t{1} << 40);
  rows.Add(std::vector<int64_t>{3, 7, 100'000});
  rows.AddRange(10, 12);
  EXPECT_EQ(RowsOf(rows), (std::vector<int64_t>{3, 7, 10, 11, 100'000, int64_t{1} << 40}));
  EXPECT_EQ(rows.cardinality(), 6);
  EXPECT_EQ(rows.Last(), int64_t{1} << 40);
  EXPECT_EQ(rows.CountIn(7, 11), 2);
  EXPECT_TRUE(rows.Contains(11));
  EXPECT_FALSE(rows.Contains(12));
  EXPECT_GT(rows.memory_bytes(), 0);
}

TEST(DeletedRows, CopiesDoNotShare) {
  DeletedRows first;
  first.Add(1);
  DeletedRows second = first;
  second.Add(2);
  EXPECT_EQ(first.cardinality(), 1);
  first = second;
  first.Union(DeletedRows());
  EXPECT_EQ(first, second);
  DeletedRows third = std::move(second);
  EXPECT_EQ(first, third);
}

TEST(DeletedRows, RowsFromAPlaceAreGivenInOrder) {
  DeletedRows rows;
  rows.AddRange(100, 5000);
  std::vector<int64_t> some(10);
  EXPECT_EQ(rows.RowsFrom(4995, some), 5U);
  EXPECT_EQ(some.front(), 4995);
  EXPECT_EQ(rows.RowsFrom(0, some), 10U);
  EXPECT_EQ(some.back(), 109);
  EXPECT_EQ(rows.RowsFrom(5000, some), 0U);
  EXPECT_EQ(RowsOf(rows).size(), 4900U);
}

TEST(DeletedRows, RandomSetsComeBack) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    DeletedRows rows;
    std::set<int64_t> expected;
    const int64_t bound = int64_t{1} << (random() % 42 + 1);
    for (uint64_t i = random() % 5000; i > 0; --i) {
      const auto row = static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
      rows.Add(row);
      expected.insert(row);
    }
    const auto read = DeletedRows::Parse(rows.Serialize());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, rows);
    EXPECT_EQ(RowsOf(*read), std::vector<int64_t>(expected.begin(), expected.end()));
  }
}

TEST(DeletedRows, WhatSparkWroteIsRead) {
  // Rows 0, 2, 3 and 4, by Delta 4.4.
  const auto rows = DeletedRows::Parse(Bytes(uint32_t{1681511377}) + Bytes(uint64_t{1}) +
                                       Bytes(uint32_t{0}) + SmallBitmap({0, 2, 3, 4}));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(RowsOf(*rows), (std::vector<int64_t>{0, 2, 3, 4}));
}

TEST(DeletedRows, TheNativeLayoutIsRead) {
  const std::string low = SmallBitmap({1, 5});
  const std::string high = SmallBitmap({9});
  const auto length = [](const std::string& bytes) {
    return Bytes(static_cast<uint32_t>(bytes.size()));
  };
  const std::string head = Bytes(uint32_t{1681511376}) + Bytes(uint32_t{2});
  const auto rows = DeletedRows::Parse(head + length(low) + low + length(high) + high);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(RowsOf(*rows), (std::vector<int64_t>{1, 5, (int64_t{1} << 32) + 9}));
  ExpectCorrupt(head + length(low) + low);
  ExpectCorrupt(head + length(low) + low + length(low) + high);
  ExpectCorrupt(head + length(low) + low + length(high) + high + "x");
}

TEST(DeletedRows, WhatIsMalformedIsRefused) {
  DeletedRows rows;
  for (int64_t row = 0; row < 3000; row += 3) rows.Add(row);
  const std::string good = rows.Serialize();
  ExpectCorrupt("");
  ExpectCorrupt(good + "x");
  for (size_t size = 0; size < good.size(); size += 7) {
    SCOPED_TRACE(size);
    ExpectCorrupt(std::string_view(good).substr(0, size));
  }
  ExpectCorrupt(Bytes(uint32_t{1}) + good.substr(4));
  const std::string head = Bytes(uint32_t{1681511377}) + Bytes(uint64_t{1});
  ExpectCorrupt(head + Bytes(uint32_t{0}) + SmallBitmap({4, 3, 2}));      // Not ascending.
  ExpectCorrupt(head + Bytes(uint32_t{0x80000000}) + SmallBitmap({1}));   // 64 bits.
  ExpectCorrupt(Bytes(uint32_t{1681511377}) + Bytes(uint64_t{1} << 40));  // Too many parts.
}

}  // namespace
}  // namespace deltaport::delta
