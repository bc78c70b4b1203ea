// Opens tables that Spark wrote and compares with what Spark saw.
//
// Runs where DELTAPORT_ACCEPTANCE_TABLES names a directory of tables (NAME/delta and
// NAME/expected/VERSION, see tests/tables/README.md) and is skipped elsewhere.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "columnar/json_document.h"
#include "columnar/parquet_file.h"
#include "delta/live_files.h"
#include "delta/snapshot.h"
#include "storage/local_store.h"

namespace deltaport::delta {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int64_t ExpectedRows(const fs::path& directory) {
  int64_t rows = 0;
  for (const auto& entry : fs::directory_iterator(directory / "table_content")) {
    if (entry.path().extension() != ".parquet") continue;
    auto file = columnar::ParquetFile::Open(*storage::LocalStore::Shared(), entry.path());
    EXPECT_TRUE(file.ok()) << file.status();
    if (file.ok()) rows += (*file)->rows();
  }
  return rows;
}

void CheckStatistics(const Snapshot& snapshot) {
  for (int column = 0; column < snapshot.schema()->num_fields(); ++column) {
    const auto statistics = snapshot.Statistics(column);
    ASSERT_TRUE(statistics.ok()) << statistics.status();
    EXPECT_EQ((*statistics)->min_values->length(), static_cast<int64_t>(snapshot.files().size()));
    if (!snapshot.IsPartitionColumn(column)) continue;
    const auto values = snapshot.PartitionValues(column);
    ASSERT_TRUE(values.ok()) << values.status();
    EXPECT_TRUE((*values)->type()->Equals(snapshot.schema()->field(column)->type()));
  }
}

void CheckVersion(const fs::path& table, const fs::path& expected) {
  SCOPED_TRACE(expected.string());
  const auto document =
      columnar::JsonDocument::Parse(ReadText(expected / "table_version_metadata.json"));
  ASSERT_TRUE(document.ok()) << document.status();
  const auto version = document->root()["version"].integer();
  const TimeTravel at = expected.filename() == "latest" ? TimeTravel(LatestVersion{})
                                                        : TimeTravel(AtVersion{*version});
  const auto snapshot = Snapshot::Open({storage::LocalStore::Shared(), table / "delta"}, at);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->version(), version);
  EXPECT_EQ((*snapshot)->protocol().min_reader_version,
            document->root()["min_reader_version"].integer());
  EXPECT_EQ((*snapshot)->protocol().min_writer_version,
            document->root()["min_writer_version"].integer());
  if (const auto rows = (*snapshot)->RowCount()) {
    EXPECT_EQ(*rows, ExpectedRows(expected));
  }
  for (size_t i = 0; i < (*snapshot)->files().size(); ++i) {
    EXPECT_TRUE(fs::exists((*snapshot)->FilePath(i))) << (*snapshot)->FilePath(i);
  }
  CheckStatistics(**snapshot);
}

TEST(Acceptance, SnapshotsAreWhatSparkSaw) {
  const char* root = std::getenv("DELTAPORT_ACCEPTANCE_TABLES");
  if (root == nullptr || !fs::is_directory(root)) {
    GTEST_SKIP() << "set DELTAPORT_ACCEPTANCE_TABLES to a directory of acceptance tables";
  }
  int snapshots = 0;
  for (const auto& table : fs::directory_iterator(root)) {
    if (!fs::is_directory(table.path() / "expected")) continue;
    for (const auto& expected : fs::directory_iterator(table.path() / "expected")) {
      CheckVersion(table.path(), expected.path());
      ++snapshots;
    }
  }
  EXPECT_GT(snapshots, 0);
}

}  // namespace
}  // namespace deltaport::delta
