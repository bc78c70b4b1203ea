#include "storage/memory_store.h"

#include <chrono>

#include <arrow/io/memory.h>

namespace deltaport::storage {
namespace {

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::shared_ptr<arrow::Buffer> Copy(std::string_view bytes) {
  return arrow::Buffer::FromString(std::string(bytes));
}

// Collects bytes and stores them on Close().
class MemoryOutputStream final : public arrow::io::OutputStream {
 public:
  MemoryOutputStream(std::weak_ptr<ObjectStore> store, std::string path)
      : store_(std::move(store)), path_(std::move(path)) {
    set_mode(arrow::io::FileMode::WRITE);
  }

  Status Close() override {
    if (closed_) return Status::OK();
    closed_ = true;
    const auto store = store_.lock();
    if (!store) return Error(ErrorCode::kInternal, "{}: its store was destroyed", path_);
    return store->Put(path_, bytes_);
  }
  Status Abort() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return static_cast<int64_t>(bytes_.size()); }
  Status Write(const void* data, int64_t size_bytes) override {
    bytes_.append(static_cast<const char*>(data), static_cast<size_t>(size_bytes));
    return Status::OK();
  }
  using arrow::io::OutputStream::Write;

 private:
  std::weak_ptr<ObjectStore> store_;
  std::string path_;
  std::string bytes_;
  bool closed_ = false;
};

}  // namespace

Result<MemoryStore::Object> MemoryStore::Find(const std::string& path) const {
  const std::lock_guard guard(lock_);
  const auto found = objects_.find(path);
  if (found == objects_.end()) return Error(ErrorCode::kNotFound, "{}: does not exist", path);
  return found->second;
}

Result<ObjectInfo> MemoryStore::Head(const std::string& path) const {
  ARROW_ASSIGN_OR_RAISE(const Object object, Find(path));
  return ObjectInfo{path, object.bytes->size(), object.modified_ms};
}

Result<std::shared_ptr<arrow::Buffer>> MemoryStore::Read(const std::string& path) const {
  ARROW_ASSIGN_OR_RAISE(const Object object, Find(path));
  return object.bytes;
}

Result<std::shared_ptr<arrow::io::RandomAccessFile>> MemoryStore::Open(
    const std::string& path, std::optional<int64_t> /*size_bytes*/) const {
  ARROW_ASSIGN_OR_RAISE(const Object object, Find(path));
  return std::make_shared<arrow::io::BufferReader>(object.bytes);
}

Result<std::vector<ObjectInfo>> MemoryStore::List(const std::string& directory,
                                                  std::string_view start_after) const {
  ARROW_ASSIGN_OR_RAISE(auto files, ListRecursive(directory));
  const size_t prefix = directory == "/" ? 1 : directory.size() + 1;
  std::erase_if(files, [&](const ObjectInfo& file) {
    const std::string_view name = std::string_view(file.path).substr(prefix);
    return name <= start_after || name.find('/') != std::string_view::npos;
  });
  return files;
}

Result<std::vector<ObjectInfo>> MemoryStore::ListRecursive(const std::string& directory) const {
  const std::string prefix = directory == "/" ? "/" : directory + "/";
  std::vector<ObjectInfo> files;
  const std::lock_guard guard(lock_);
  for (auto it = objects_.lower_bound(prefix);
       it != objects_.end() && it->first.starts_with(prefix); ++it) {
    files.push_back({it->first, it->second.bytes->size(), it->second.modified_ms});
  }
  return files;
}

Status MemoryStore::PutIfAbsent(const std::string& path, std::string_view bytes) {
  const std::lock_guard guard(lock_);
  if (!objects_.try_emplace(path, Object{Copy(bytes), NowMs()}).second) {
    return Error(ErrorCode::kAlreadyExists, "{}: cannot be created: it exists", path);
  }
  return Status::OK();
}

Status MemoryStore::Put(const std::string& path, std::string_view bytes) {
  const std::lock_guard guard(lock_);
  objects_.insert_or_assign(path, Object{Copy(bytes), NowMs()});
  return Status::OK();
}

Result<std::shared_ptr<arrow::io::OutputStream>> MemoryStore::OpenWrite(const std::string& path) {
  return std::make_shared<MemoryOutputStream>(weak_from_this(), path);
}

Status MemoryStore::Remove(const std::string& path) {
  const std::lock_guard guard(lock_);
  objects_.erase(path);
  return Status::OK();
}

Status MemoryStore::SetModified(const std::string& path, int64_t modified_ms) {
  const std::lock_guard guard(lock_);
  const auto found = objects_.find(path);
  if (found == objects_.end()) return Error(ErrorCode::kNotFound, "{}: does not exist", path);
  found->second.modified_ms = modified_ms;
  return Status::OK();
}

}  // namespace deltaport::storage
