// A store in which nothing is written: objects are counted and thrown away. For what only wants to
// know what a write would be.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object_store.h"

namespace deltaport::storage {

// Reads as `store` does; writing and removing succeed and change nothing.
class DiscardingStore final : public ObjectStore {
 public:
  explicit DiscardingStore(std::shared_ptr<ObjectStore> store) : store_(std::move(store)) {}

  std::string_view scheme() const override { return store_->scheme(); }
  Result<ObjectInfo> Head(const std::string& path) const override { return store_->Head(path); }
  Result<std::shared_ptr<arrow::Buffer>> Read(const std::string& path) const override {
    return store_->Read(path);
  }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      const std::string& path, std::optional<int64_t> size_bytes) const override {
    return store_->Open(path, size_bytes);
  }
  Result<std::vector<ObjectInfo>> List(const std::string& directory,
                                       std::string_view start_after) const override {
    return store_->List(directory, start_after);
  }
  Result<std::vector<ObjectInfo>> ListRecursive(const std::string& directory) const override {
    return store_->ListRecursive(directory);
  }
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override;
  Status Put(const std::string& path, std::string_view bytes) override;
  // A stream that knows how many bytes it was given.
  Result<std::shared_ptr<arrow::io::OutputStream>> OpenWrite(const std::string& path) override;
  Status Remove(const std::string& path) override;

 private:
  const std::shared_ptr<ObjectStore> store_;
};

}  // namespace deltaport::storage
