// The files of a ScanTable that a query reads, as DuckDB's list of files.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>

#include "engine/duckdb/scan_table.h"

namespace deltaport::engine {

class LakeFiles final : public duckdb::MultiFileList {
 public:
  using Numbers = std::shared_ptr<const std::vector<uint32_t>>;

  // `kept`: numbers of the files, ascending; null for all.
  LakeFiles(std::shared_ptr<const ScanTable> table, Numbers kept)
      : table_(std::move(table)), kept_(std::move(kept)) {}

  // Null for all.
  const Numbers& kept() const { return kept_; }

  duckdb::vector<duckdb::OpenFileInfo> GetAllFiles() const override;
  // Never one file: that would be scanned by one thread, because how many row groups it has is not
  // known when the scan is planned.
  duckdb::FileExpandResult GetExpandResult() const override;
  duckdb::idx_t GetTotalFileCount() const override;
  // Names of files are not shown.
  duckdb::vector<duckdb::OpenFileInfo> GetDisplayFileList(duckdb::optional_idx) const override {
    return {};
  }
  duckdb::unique_ptr<duckdb::MultiFileList> Copy() const override;

 protected:
  duckdb::OpenFileInfo GetFile(duckdb::idx_t position) const override;

 private:
  const std::shared_ptr<const ScanTable> table_;
  const Numbers kept_;
};

}  // namespace deltaport::engine
