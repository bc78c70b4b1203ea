#include "delta/deletion_vector.h"

#include <gtest/gtest.h>

#include "delta/live_files.h"
#include "delta/table_test_support.h"
#include "delta/z85.h"

namespace deltaport::delta {
namespace {

constexpr char kSparkName[] = "4/Pi3qk^omG:buN*fpTq";

DeletedRows Rows(std::initializer_list<int64_t> rows) {
  DeletedRows deleted;
  for (const int64_t row : rows) deleted.Add(row);
  return deleted;
}

DeletionVectorDescriptor Inline(const DeletedRows& rows) {
  std::string bytes = rows.Serialize();
  DeletionVectorDescriptor descriptor;
  descriptor.storage_type = "i";
  descriptor.size_bytes = static_cast<int32_t>(bytes.size());
  descriptor.cardinality = rows.cardinality();
  bytes.resize((bytes.size() + 3) / 4 * 4);
  descriptor.path_or_inline = EncodeZ85(bytes);
  return descriptor;
}

struct Written {
  std::string path;
  std::vector<DeletionVectorDescriptor> vectors;
};

Written Write(const TestTable& table, const std::vector<DeletedRows>& vectors) {
  auto writer = DeletionVectorWriter::Create(table.location()).ValueOrDie();
  Written written{writer.path(), {}};
  for (const auto& rows : vectors) written.vectors.push_back(writer.Append(rows).ValueOrDie());
  EXPECT_TRUE(writer.Close().ok());
  return written;
}

void ExpectDamage(const TestTable& table, const DeletionVectorDescriptor& vector,
                  std::string_view name, ErrorCode code = ErrorCode::kCorruptTable) {
  const auto rows = ReadDeletionVector(table.location(), vector);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(CodeOf(rows.status()), code) << rows.status();
  EXPECT_NE(rows.status().message().find(name), std::string::npos) << rows.status();
}

TEST(DeletionVector, VectorsOfOneFileAreReadBack) {
  const TestTable table;
  const std::vector<DeletedRows> vectors = {Rows({1}), Rows({0, 5, 100'000}), Rows({7, 8})};
  const Written written = Write(table, vectors);
  EXPECT_EQ(written.vectors[0].offset, 1);
  for (size_t i = 0; i < vectors.size(); ++i) {
    EXPECT_EQ(written.vectors[i].storage_type, "u");
    EXPECT_EQ(written.vectors[i].cardinality, vectors[i].cardinality());
    EXPECT_EQ(DeletionVectorPath(table.location(), written.vectors[i]).ValueOrDie(), written.path);
    const auto read = ReadDeletionVector(table.location(), written.vectors[i]);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(**read, vectors[i]);
  }
}

TEST(DeletionVector, NothingIsVisibleBeforeClose) {
  TestTable table;
  {
    auto writer = DeletionVectorWriter::Create(table.location()).ValueOrDie();
    EXPECT_TRUE(writer.Append(Rows({1})).ok());
    EXPECT_FALSE(writer.Append(DeletedRows()).ok());
    EXPECT_TRUE(table.store().ListRecursive("/table")->empty());
  }
  EXPECT_TRUE(table.store().ListRecursive("/table")->empty());
  EXPECT_TRUE(DeletionVectorWriter::Create(table.location())->Close().ok());
  EXPECT_TRUE(table.store().ListRecursive("/table")->empty());
}

TEST(DeletionVector, PathsFollowTheProtocol) {
  const TestTable table;
  DeletionVectorDescriptor vector{"u", kSparkName, 1, 40, 4};
  const std::string file = "deletion_vector_0efe4dfd-51a8-4f77-8506-c0e4da5bac37.bin";
  EXPECT_EQ(DeletionVectorPath(table.location(), vector).ValueOrDie(), "/table/" + file);
  vector.path_or_inline = std::string("ab") + kSparkName;
  EXPECT_EQ(DeletionVectorPath(table.location(), vector).ValueOrDie(), "/table/ab/" + file);
  vector.storage_type = "p";
  vector.path_or_inline = "/other/a%20b.bin";
  EXPECT_EQ(DeletionVectorPath(table.location(), vector).ValueOrDie(), "/other/a b.bin");
  vector.storage_type = "i";
  EXPECT_EQ(DeletionVectorPath(table.location(), vector).ValueOrDie(), std::nullopt);
}

TEST(DeletionVector, DescriptorsThatNameNoFileAreRefused) {
  const TestTable table;
  const std::string climbing = std::string("..") + kSparkName;
  const std::string deep = std::string("../../a") + kSparkName;
  for (const auto& [type, path] :
       std::vector<std::pair<std::string, std::string>>{{"u", "short"},
                                                        {"u", climbing},
                                                        {"u", deep},
                                                        {"u", "4/Pi3qk^omG:buN*fpT~"},
                                                        {"p", "relative"},
                                                        {"x", kSparkName},
                                                        {"", ""}}) {
    ExpectDamage(table, {type, path, 1, 40, 4}, path);
  }
  ExpectDamage(table, {"p", "s3://bucket/a.bin", 1, 40, 4}, "s3://bucket/a.bin",
               ErrorCode::kUnsupportedFeature);
}

TEST(DeletionVector, InlineVectorsAreReadWithoutAFile) {
  const TestTable table;
  const DeletedRows rows = Rows({0, 2, 3, 4});
  auto vector = Inline(rows);
  const auto read = ReadDeletionVector(table.location(), vector);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(**read, rows);
  vector.size_bytes += 1;
  ExpectDamage(table, vector, "inside the log");
  vector.size_bytes = -1;
  ExpectDamage(table, vector, "inside the log");
}

TEST(DeletionVector, EveryChangedByteIsNoticed) {
  TestTable table;
  const Written written = Write(table, {Rows({1, 2}), Rows({0, 5, 100'000})});
  const auto bytes = table.store().Read(written.path).ValueOrDie()->ToString();
  const auto& vector = written.vectors[1];
  for (size_t i = static_cast<size_t>(*vector.offset); i < bytes.size(); ++i) {
    SCOPED_TRACE(i);
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    ASSERT_TRUE(table.store().Put(written.path, damaged).ok());
    ExpectDamage(table, vector, written.path);
  }
  ASSERT_TRUE(table.store().Put(written.path, "\x02" + bytes.substr(1)).ok());
  ExpectDamage(table, vector, written.path, ErrorCode::kUnsupportedFeature);
  for (const size_t size : {size_t{0}, size_t{1}, bytes.size() - 1}) {
    ASSERT_TRUE(table.store().Put(written.path, bytes.substr(0, size)).ok());
    ExpectDamage(table, vector, written.path);
  }
  ASSERT_TRUE(table.store().Remove(written.path).ok());
  ExpectDamage(table, vector, written.path);
}

TEST(DeletionVector, DescriptorsThatContradictTheFileAreDamage) {
  const TestTable table;
  const Written written = Write(table, {Rows({1, 2})});
  for (const auto change : std::vector<void (*)(DeletionVectorDescriptor&)>{
           [](auto& vector) { vector.cardinality = 3; },
           [](auto& vector) { vector.cardinality = -2; },
           [](auto& vector) { vector.size_bytes -= 1; },
           [](auto& vector) { vector.size_bytes = -1; },
           [](auto& vector) { vector.size_bytes = 0x7fffffff; },
           [](auto& vector) { vector.offset = 0; },
           [](auto& vector) { vector.offset = -5; },
           [](auto& vector) { vector.offset = 0x7fffffff; },
       }) {
    auto vector = written.vectors[0];
    change(vector);
    ExpectDamage(table, vector, written.path);
  }
}

TEST(DeletionVector, DeletedRowsDoNotCount) {
  TestTable table;
  table.CommitFirst();
  const auto line = [](const std::string& path, int64_t deleted) {
    return AddLine(path, fmt::format(R"(,"stats":"{{\"numRecords\":10}}","deletionVector":)"
                                     R"({{"storageType":"u","pathOrInlineDv":"{}","offset":1,)"
                                     R"("sizeInBytes":40,"cardinality":{}}})",
                                     kSparkName, deleted));
  };
  table.Commit(1, line("a", 4) + "\n" + line("b", 1) + "\n" +
                      AddLine("c", R"(,"stats":"{\"numRecords\":3}")"));
  auto snapshot = Snapshot::Open(table.location());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->RowCount(), 18);
  EXPECT_EQ((*snapshot)->files().record_count(0), 10);
  table.Commit(2, line("d", 11));
  snapshot = (*snapshot)->Refresh();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->RowCount(), std::nullopt);
}

}  // namespace
}  // namespace deltaport::delta
