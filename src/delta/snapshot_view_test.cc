#include "delta/snapshot_view.h"

#include <arrow/array.h>
#include <gtest/gtest.h>

#include "delta/live_files.h"
#include "delta/table_test_support.h"

namespace deltaport::delta {
namespace {

AddFile FileAt(const std::string& path) {
  AddFile file;
  file.path = path;
  file.size_bytes = 10;
  return file;
}

TEST(SnapshotView, ShowsTheFilesWithTheirConstants) {
  TestTable table;
  table.CommitFirst();
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  const ViewColumns columns = {{arrow::field("type", arrow::utf8())},
                               {arrow::field("version", arrow::int64())}};
  // One path twice, as after a change of its deletion vector.
  const auto view =
      MakeView(*snapshot, columns, {{FileAt("a%20b"), {"3"}}, {FileAt("a%20b"), {std::nullopt}}});
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ((*view)->schema()->ToString(),
            snapshot->schema()->ToString() + "\ntype: string\nversion: int64");
  EXPECT_FALSE((*view)->IsPartitionColumn(2));
  EXPECT_TRUE((*view)->IsPartitionColumn(3));
  EXPECT_EQ((*view)->PhysicalName(2), "type");
  ASSERT_EQ((*view)->files().size(), 2U);
  EXPECT_EQ((*view)->FilePath(1), "/table/a b");
  const auto versions = (*view)->PartitionValues(3).ValueOrDie();
  EXPECT_EQ(versions->ToString(), "[\n  3,\n  null\n]");
}

TEST(SnapshotView, AColumnThatTheTableHasIsRefused) {
  TestTable table;
  table.CommitFirst();
  const auto snapshot = Snapshot::Open(table.location()).ValueOrDie();
  const auto view = MakeView(*snapshot, {{}, {arrow::field("name", arrow::utf8())}}, {});
  ASSERT_FALSE(view.ok());
  EXPECT_EQ(CodeOf(view.status()), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace deltaport::delta
