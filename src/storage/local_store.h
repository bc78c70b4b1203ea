// Files of this machine (or a mounted network share) as an object store.
//
// Everything that is created appears whole: bytes go to a temporary file in the same directory,
// are synced, and get their name by one atomic rename; then the directory is synced.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace deltaport::storage {

class LocalStore final : public ObjectStore {
 public:
  // The one instance of the process; the class has no state.
  static const std::shared_ptr<ObjectStore>& Shared();

  std::string_view scheme() const override { return "file"; }
  Result<ObjectInfo> Head(const std::string& path) const override;
  Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& path) const override;
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path, std::optional<int64_t> size_bytes = std::nullopt) const override;
  Result<std::vector<ObjectInfo>> List(const std::string& directory,
                                       std::string_view start_after = {}) const override;
  Result<std::vector<ObjectInfo>> ListRecursive(const std::string& directory) const override;
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override;
  Status Put(const std::string& path, std::string_view bytes) override;
  Result<std::shared_ptr<arrow::io::OutputStream>> OpenWrite(const std::string& path) override;
  Status Remove(const std::string& path) override;
};

}  // namespace deltaport::storage
