#include "engine/duckdb/deletion_vectors.h"

#include <thread>
#include <vector>

#include <duckdb/storage/buffer_manager.hpp>
#include <gtest/gtest.h>

#include "engine/engine_test_support.h"

namespace deltaport::engine {
namespace {

struct Vectors {
  // Each deletes 5000 scattered rows of its own.
  explicit Vectors(int count) {
    auto writer = delta::DeletionVectorWriter::Create(table).ValueOrDie();
    path = writer.path();
    for (int i = 0; i < count; ++i) {
      delta::DeletedRows rows;
      for (int64_t row = 0; row < 5000; ++row) rows.Add(row * 7 + i);
      descriptors.push_back(writer.Append(rows).ValueOrDie());
      bytes = rows.memory_bytes();
    }
    EXPECT_TRUE(writer.Close().ok());
  }

  uint64_t CountedBytes() {
    return duckdb::BufferManager::GetBufferManager(*database.instance).GetUsedMemory();
  }

  std::shared_ptr<WatchedStore> store = std::make_shared<WatchedStore>();
  storage::Location table{store, "/t"};
  std::string path;
  std::vector<delta::DeletionVectorDescriptor> descriptors;
  int64_t bytes = 0;
  duckdb::DuckDB database{nullptr};
};

TEST(DeletionVectorCacheTest, KeepsTheLatestWithinItsLimitAndCountsThem) {
  Vectors vectors(5);
  const auto before = vectors.CountedBytes();
  {
    DeletionVectorCache cache(*vectors.database.instance, vectors.bytes * 7 / 2);
    for (const auto& vector : vectors.descriptors) {
      const auto rows = cache.Get(vectors.table, vector);
      ASSERT_TRUE(rows.ok()) << rows.status();
      EXPECT_EQ((*rows)->cardinality(), 5000);
    }
    EXPECT_GT(cache.kept_bytes(), 2 * vectors.bytes);
    EXPECT_LE(cache.kept_bytes(), vectors.bytes * 7 / 2);
    EXPECT_GE(vectors.CountedBytes(), before + static_cast<uint64_t>(3 * vectors.bytes));
    ASSERT_TRUE(vectors.store->Remove(vectors.path).ok());
    EXPECT_TRUE(cache.Get(vectors.table, vectors.descriptors[4]).ok());
    EXPECT_FALSE(cache.Get(vectors.table, vectors.descriptors[0]).ok());
  }
  EXPECT_EQ(vectors.CountedBytes(), before);
}

TEST(DeletionVectorCacheTest, AVectorThatDoesNotFitIntoTheMemoryLimitIsRefused) {
  Vectors vectors(0);
  delta::DeletedRows rows;
  for (int64_t row = 0; row < 16 << 20; row += 16) rows.Add(row);
  ASSERT_GT(rows.memory_bytes(), 2'000'000);
  auto writer = delta::DeletionVectorWriter::Create(vectors.table).ValueOrDie();
  const auto descriptor = writer.Append(rows).ValueOrDie();
  ASSERT_TRUE(writer.Close().ok());
  const auto limited = duckdb::Connection(vectors.database).Query("SET memory_limit = '2MB'");
  ASSERT_FALSE(limited->HasError()) << limited->GetError();
  DeletionVectorCache cache(*vectors.database.instance, 1 << 30);
  const auto refused = cache.Get(vectors.table, descriptor);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(CodeOf(refused.status()), ErrorCode::kResourceExhausted) << refused.status();
}

TEST(DeletionVectorCacheTest, ConcurrentReadersGetTheSameRows) {
  Vectors vectors(4);
  DeletionVectorCache cache(*vectors.database.instance, vectors.bytes * 2);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        const int which = (i + round) % 4;
        const auto rows = cache.Get(vectors.table, vectors.descriptors[static_cast<size_t>(which)]);
        ASSERT_TRUE(rows.ok()) << rows.status();
        EXPECT_TRUE((*rows)->Contains(7 * 4999 + which));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(DeletedRowFilterTest, SelectsTheRowsThatStay) {
  delta::DeletedRows rows;
  rows.AddRange(2050, 2052);
  rows.Add(5000);
  DeletedRowFilter filter(std::make_shared<const delta::DeletedRows>(rows));
  duckdb::SelectionVector selected;
  EXPECT_EQ(filter.Filter(0, 2048, selected), 2048U);
  EXPECT_EQ(filter.Filter(2048, 5, selected), 3U);
  EXPECT_EQ(selected.get_index(0), 0U);
  EXPECT_EQ(selected.get_index(1), 1U);
  EXPECT_EQ(selected.get_index(2), 4U);
  EXPECT_EQ(filter.Filter(5000, 1, selected), 0U);
}

}  // namespace
}  // namespace deltaport::engine
