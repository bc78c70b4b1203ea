#include "storage/local_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/uuid.h"

namespace deltaport::storage {
namespace {

constexpr int64_t kFlushBytes = int64_t{4} << 20;

std::string ParentOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

Status SyncDirectory(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return ErrnoError(errno, "cannot be opened", path);
  const int failed = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  // Some network file systems cannot sync a directory; their rename is durable by itself.
  if (failed != 0 && failed != EINVAL) return ErrnoError(failed, "cannot be synced", path);
  return Status::OK();
}

Status CreateDirectories(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0) return SyncDirectory(ParentOf(path));
  if (errno == EEXIST) return Status::OK();
  if (errno != ENOENT || path == "/") return ErrnoError(errno, "cannot be created", path);
  ARROW_RETURN_NOT_OK(CreateDirectories(ParentOf(path)));
  if (mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
    return ErrnoError(errno, "cannot be created", path);
  }
  return SyncDirectory(ParentOf(path));
}

ErrorCode CodeOfErrno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENAMETOOLONG:
      return ErrorCode::kInvalidArgument;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::kResourceExhausted;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

Status ErrnoError(int number, std::string_view what, const std::string& path) {
  return Error(CodeOfErrno(number), "{}: {}: {}", path, what, std::strerror(number));
}

PendingFile::PendingFile(std::string path, std::string temporary, IfExists if_exists,
                         Durability durability, int descriptor)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      if_exists_(if_exists),
      durability_(durability),
      descriptor_(descriptor) {
  set_mode(arrow::io::FileMode::WRITE);
}

Result<std::shared_ptr<PendingFile>> PendingFile::Create(const std::string& path,
                                                         IfExists if_exists,
                                                         Durability durability) {
  const std::string directory = ParentOf(path);
  // A dot in front: listings of data files and logs pass over what a crash left behind.
  std::string temporary =
      fmt::format("{}/.{}.tmp", directory == "/" ? "" : directory, RandomUuid());
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  int descriptor = open(temporary.c_str(), kFlags, 0666);
  if (descriptor < 0 && errno == ENOENT) {
    ARROW_RETURN_NOT_OK(CreateDirectories(directory));
    descriptor = open(temporary.c_str(), kFlags, 0666);
  }
  if (descriptor < 0) return ErrnoError(errno, "cannot be created", path);
  return std::shared_ptr<PendingFile>(
      new PendingFile(path, std::move(temporary), if_exists, durability, descriptor));
}

PendingFile::~PendingFile() {
  // A destructor has nobody to tell; the temporary name is passed over by all readers.
  if (const Status status = Abort(); !status.ok()) status.Warn();
}

Status PendingFile::Abort() {
  if (closed()) return Status::OK();
  close(std::exchange(descriptor_, -1));
  if (unlink(temporary_.c_str()) != 0 && errno != ENOENT) {
    return ErrnoError(errno, "cannot be removed", temporary_);
  }
  return Status::OK();
}

Status PendingFile::Write(const void* data, int64_t size_bytes) {
  if (closed()) return Error(ErrorCode::kInternal, "{}: written after it was closed", path_);
  const char* from = static_cast<const char*>(data);
  while (size_bytes > 0) {
    const ssize_t written = write(descriptor_, from, static_cast<size_t>(size_bytes));
    if (written < 0) {
      if (errno == EINTR) continue;
      return ErrnoError(errno, "cannot be written", path_);
    }
    from += written;
    size_bytes -= written;
    position_ += written;
  }
  if (position_ - flushed_ >= kFlushBytes) {
    // Only begins the work that Close() would have to wait for; that one tells of errors.
    static_cast<void>(
        sync_file_range(descriptor_, flushed_, position_ - flushed_, SYNC_FILE_RANGE_WRITE));
    flushed_ = position_;
  }
  return Status::OK();
}

Status PendingFile::Close() {
  if (closed()) return Status::OK();
  const bool synced = durability_ == Durability::kSynced;
  Status status;
  if (synced && fsync(descriptor_) != 0) status = ErrnoError(errno, "cannot be synced", path_);
  if (status.ok()) status = Rename();
  if (!status.ok()) {
    const Status cleanup = Abort();
    return cleanup.ok() ? status : WithContext(status, cleanup.message());
  }
  close(std::exchange(descriptor_, -1));
  return synced ? SyncDirectory(ParentOf(path_)) : Status::OK();
}

Status PendingFile::Rename() const {
  if (if_exists_ == IfExists::kReplace) {
    if (rename(temporary_.c_str(), path_.c_str()) == 0) return Status::OK();
    return ErrnoError(errno, "cannot be created", path_);
  }
  if (renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0) {
    return Status::OK();
  }
  if (errno != ENOSYS && errno != EINVAL) return ErrnoError(errno, "cannot be created", path_);
  // File systems without that flag (NFS among them) have an atomic link().
  if (link(temporary_.c_str(), path_.c_str()) != 0) {
    return ErrnoError(errno, "cannot be created", path_);
  }
  if (unlink(temporary_.c_str()) != 0) return ErrnoError(errno, "cannot be removed", temporary_);
  return Status::OK();
}

}  // namespace deltaport::storage
