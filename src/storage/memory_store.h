// An object store in memory, for tests and for tables that need not outlive the process.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace deltaport::storage {

class MemoryStore final : public ObjectStore, public std::enable_shared_from_this<MemoryStore> {
 public:
  std::string_view scheme() const override { return "memory"; }
  Result<ObjectInfo> Head(const std::string& path) const override;
  Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& path) const override;
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path, std::optional<int64_t> size_bytes = std::nullopt) const override;
  Result<std::vector<ObjectInfo>> List(const std::string& directory,
                                       std::string_view start_after = {}) const override;
  Result<std::vector<ObjectInfo>> ListRecursive(const std::string& directory) const override;
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override;
  Status Put(const std::string& path, std::string_view bytes) override;
  // The stream must be closed before the store is destroyed, or not at all.
  Result<std::shared_ptr<arrow::io::OutputStream>> OpenWrite(const std::string& path) override;
  Status Remove(const std::string& path) override;

  // Pretends that the object was written at that moment. kNotFound if there is none.
  Status SetModified(const std::string& path, int64_t modified_ms);

 private:
  struct Object {
    std::shared_ptr<arrow::Buffer> bytes;
    int64_t modified_ms = 0;
  };
  Result<Object> Find(const std::string& path) const;

  mutable std::mutex lock_;
  std::map<std::string, Object, std::less<>> objects_;
};

}  // namespace deltaport::storage
