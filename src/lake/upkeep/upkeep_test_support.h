// Tables on the local disk and their rows, for the tests of upkeep.

#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

#include "delta/snapshot.h"
#include "engine/query_engine.h"
#include "lake/lake_test_support.h"

namespace deltaport::lake {

// A table with the columns id (bigint), word (text), part (text).
class UpkeepTable {
 public:
  explicit UpkeepTable(std::map<std::string, std::string> configuration = {},
                       std::vector<std::string> partition_columns = {});

  const storage::Location& location() const { return location_; }
  std::filesystem::path path() const { return folder_.path() / "table"; }
  engine::QueryEngine& engine() { return *engine_; }

  // Commits rows with these ids; word is "w" and the id, part "p0" to "p2".
  void Append(const std::vector<int64_t>& ids);
  void Overwrite(const std::vector<int64_t>& ids);

  std::shared_ptr<const delta::Snapshot> Open(
      const delta::TimeTravel& at = delta::LatestVersion{}) const;
  // Every row as text, sorted; fails the test if the table cannot be read.
  std::vector<std::string> Rows(const delta::TimeTravel& at = delta::LatestVersion{});

  // Paths of all files outside of the log, relative to the table, sorted.
  std::vector<std::string> Files() const;
  // Those that the latest version names.
  std::vector<std::string> LiveFiles() const;
  // Makes everything but the log older by that many hours.
  void Age(int hours) const;
  // Puts a file there, with that content.
  void Put(const std::string& relative, const std::string& content = "x") const;

 private:
  TemporaryFolder folder_;
  storage::Location location_;
  std::unique_ptr<engine::QueryEngine> engine_;
};

// All rows of a stream as text, in their order.
std::vector<std::string> RowTexts(arrow::RecordBatchReader& rows);

}  // namespace deltaport::lake
