#include "engine/duckdb/lake_files.h"

namespace deltaport::engine {

duckdb::idx_t LakeFiles::GetTotalFileCount() const {
  return kept_ ? kept_->size() : table_->file_count();
}

duckdb::OpenFileInfo LakeFiles::GetFile(duckdb::idx_t position) const {
  if (position >= GetTotalFileCount()) return duckdb::OpenFileInfo("");
  return table_->File(kept_ ? (*kept_)[position] : position);
}

duckdb::vector<duckdb::OpenFileInfo> LakeFiles::GetAllFiles() const {
  duckdb::vector<duckdb::OpenFileInfo> files;
  for (duckdb::idx_t i = 0; i < GetTotalFileCount(); ++i) files.push_back(GetFile(i));
  return files;
}

duckdb::FileExpandResult LakeFiles::GetExpandResult() const {
  return GetTotalFileCount() == 0 ? duckdb::FileExpandResult::NO_FILES
                                  : duckdb::FileExpandResult::MULTIPLE_FILES;
}

duckdb::unique_ptr<duckdb::MultiFileList> LakeFiles::Copy() const {
  return duckdb::make_uniq<LakeFiles>(table_, kept_);
}

}  // namespace deltaport::engine
