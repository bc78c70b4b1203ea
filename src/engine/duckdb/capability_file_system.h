// The only way from DuckDB to bytes: a file system that opens a file only for a caller that holds a
// grant. Grants are made by our own scan, in C++; no SQL text can make one, so naming a path of
// this file system in SQL opens nothing. Read-only.

#pragma once

#include <memory>
#include <string>

#include <duckdb.hpp>
#include <duckdb/common/open_file_info.hpp>

#include "storage/object_store.h"

namespace deltaport::engine {

// What the holder of an OpenFileInfo may open.
struct ReadGrant : duckdb::ExtendedOpenFileInfo {
  std::shared_ptr<storage::ObjectStore> store;
  int64_t size_bytes = 0;
  size_t file_number = 0;  // Position in the table's list of files.
  bool in_log = false;     // Named by a Delta log.

  // The grant in `file`, null if it carries none of ours.
  static const ReadGrant* Of(const duckdb::OpenFileInfo& file);
};

duckdb::OpenFileInfo GrantRead(std::shared_ptr<storage::ObjectStore> store, const std::string& path,
                               int64_t size_bytes, size_t file_number, bool in_log);

std::unique_ptr<duckdb::FileSystem> MakeCapabilityFileSystem();

}  // namespace deltaport::engine
