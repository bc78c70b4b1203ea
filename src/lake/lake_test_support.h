// Small tables on the local disk for the tests of this layer.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace deltaport::lake {

// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Writes a Parquet file with the columns "id" (int64) and "name" (string), one row for each id.
void WriteParquet(const std::filesystem::path& path, const std::vector<int64_t>& ids);

// Commits version `version` of the Delta table in `folder`: version 0 creates it; every version
// adds one file with `ids`.
void CommitDelta(const std::filesystem::path& folder, int64_t version,
                 const std::vector<int64_t>& ids);

}  // namespace deltaport::lake
