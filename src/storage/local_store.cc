#include "storage/local_store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <arrow/io/file.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/local_directory.h"
#include "storage/local_file.h"

namespace deltaport::storage {
namespace {

// Appends the files directly inside to `files` and, if asked, its directories to `directories`.
Status ReadDirectory(const std::string& path, std::string_view start_after,
                     std::vector<ObjectInfo>& files, std::vector<std::string>* directories) {
  const OpenDirectory directory(opendir(path.c_str()));
  if (!directory) {
    if (errno == ENOENT) return Status::OK();
    return ErrnoError(errno, "cannot be listed", path);
  }
  while (true) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    // Examining costs more than listing; a long log is listed from its end.
    if (directories == nullptr && name <= start_after) continue;
    struct stat info;
    if (fstatat(dirfd(directory.get()), entry->d_name, &info, 0) != 0) {
      if (errno == ENOENT) continue;  // Removed meanwhile, or a dangling link.
      return ErrnoError(errno, "cannot be examined", ChildPath(path, name));
    }
    if (S_ISDIR(info.st_mode)) {
      if (directories != nullptr) directories->push_back(ChildPath(path, name));
    } else if (S_ISREG(info.st_mode) && name > start_after) {
      files.push_back({ChildPath(path, name), info.st_size, ModifiedMs(info)});
    }
  }
  if (errno != 0) return ErrnoError(errno, "cannot be listed", path);
  return Status::OK();
}

Status Walk(const std::string& path, int depth, std::vector<ObjectInfo>& files) {
  if (depth > kDirectoryDepthMax) {
    return Error(ErrorCode::kResourceExhausted, "{}: nested more than {} directories deep", path,
                 kDirectoryDepthMax);
  }
  std::vector<std::string> directories;
  ARROW_RETURN_NOT_OK(ReadDirectory(path, {}, files, &directories));
  for (const auto& directory : directories) {
    ARROW_RETURN_NOT_OK(Walk(directory, depth + 1, files));
  }
  return Status::OK();
}

void SortByPath(std::vector<ObjectInfo>& files) {
  std::sort(files.begin(), files.end(),
            [](const ObjectInfo& left, const ObjectInfo& right) { return left.path < right.path; });
}

Status WriteWhole(const std::string& path, std::string_view bytes, IfExists if_exists) {
  ARROW_ASSIGN_OR_RAISE(auto file, PendingFile::Create(path, if_exists));
  ARROW_RETURN_NOT_OK(file->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
  return file->Close();
}

}  // namespace

const std::shared_ptr<ObjectStore>& LocalStore::Shared() {
  static const std::shared_ptr<ObjectStore> store = std::make_shared<LocalStore>();
  return store;
}

Result<ObjectInfo> LocalStore::Head(const std::string& path) const {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return ErrnoError(errno, "cannot be examined", path);
  if (!S_ISREG(info.st_mode)) {
    return Error(ErrorCode::kNotFound, "{}: is not a regular file", path);
  }
  return ObjectInfo{path, info.st_size, ModifiedMs(info)};
}

Result<std::shared_ptr<arrow::io::RandomAccessFile>> LocalStore::Open(
    const std::string& path, std::optional<int64_t> /*size_bytes*/) const {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ErrnoError(errno, "cannot be opened", path);
  struct stat info;
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(descriptor);
    return Error(ErrorCode::kNotFound, "{}: is not a regular file", path);
  }
  return arrow::io::ReadableFile::Open(descriptor);
}

Result<std::shared_ptr<arrow::Buffer>> LocalStore::Read(const std::string& path) const {
  ARROW_ASSIGN_OR_RAISE(auto file, Open(path));
  ARROW_ASSIGN_OR_RAISE(const int64_t size_bytes, file->GetSize());
  auto bytes = file->ReadAt(0, size_bytes);
  if (!bytes.ok()) return Error(ErrorCode::kIo, "{}: {}", path, bytes.status().message());
  return bytes;
}

Result<std::vector<ObjectInfo>> LocalStore::List(const std::string& directory,
                                                 std::string_view start_after) const {
  std::vector<ObjectInfo> files;
  ARROW_RETURN_NOT_OK(ReadDirectory(directory, start_after, files, nullptr));
  SortByPath(files);
  return files;
}

Result<std::vector<ObjectInfo>> LocalStore::ListRecursive(const std::string& directory) const {
  std::vector<ObjectInfo> files;
  ARROW_RETURN_NOT_OK(Walk(directory, 0, files));
  SortByPath(files);
  return files;
}

Status LocalStore::PutIfAbsent(const std::string& path, std::string_view bytes) {
  return WriteWhole(path, bytes, IfExists::kFail);
}

Status LocalStore::Put(const std::string& path, std::string_view bytes) {
  return WriteWhole(path, bytes, IfExists::kReplace);
}

Result<std::shared_ptr<arrow::io::OutputStream>> LocalStore::OpenWrite(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, PendingFile::Create(path, IfExists::kReplace));
  return file;
}

Status LocalStore::Remove(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return Status::OK();
  return ErrnoError(errno, "cannot be removed", path);
}

}  // namespace deltaport::storage
