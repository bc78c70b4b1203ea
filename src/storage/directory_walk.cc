#include "storage/directory_walk.h"

#include <cerrno>
#include <map>
#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "storage/local_directory.h"
#include "storage/local_file.h"
#include "storage/local_store.h"

namespace deltaport::storage {
namespace {

// Visits the files directly inside and appends the directories.
Status VisitFiles(const std::string& path, const WalkVisitor& visitor,
                  std::vector<std::string>& directories) {
  const OpenDirectory directory(opendir(path.c_str()));
  if (!directory) {
    return errno == ENOENT ? Status::OK() : ErrnoError(errno, "cannot be listed", path);
  }
  errno = 0;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    struct stat info;
    if (name == "." || name == "..") continue;
    if (fstatat(dirfd(directory.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) return ErrnoError(errno, "cannot be examined", ChildPath(path, name));
    } else if (S_ISDIR(info.st_mode)) {
      directories.push_back(ChildPath(path, name));
    } else if (S_ISREG(info.st_mode)) {
      ARROW_RETURN_NOT_OK(visitor.visit({ChildPath(path, name), info.st_size, ModifiedMs(info)}));
    }
    errno = 0;
  }
  return errno == 0 ? Status::OK() : ErrnoError(errno, "cannot be listed", path);
}

Status WalkLocal(const std::string& path, int depth, const WalkVisitor& visitor) {
  if (depth > kDirectoryDepthMax) {
    return Error(ErrorCode::kResourceExhausted, "{}: nested more than {} directories deep", path,
                 kDirectoryDepthMax);
  }
  std::vector<std::string> directories;
  ARROW_RETURN_NOT_OK(VisitFiles(path, visitor, directories));
  for (const auto& directory : directories) {
    if (visitor.enter(directory)) {
      ARROW_RETURN_NOT_OK(WalkLocal(directory, depth + 1, visitor));
    }
  }
  return Status::OK();
}

// Whether `visitor` wants the directory of `path`; `known` keeps its answers.
bool Entered(std::string_view root, std::string_view path, const WalkVisitor& visitor,
             std::map<std::string, bool, std::less<>>& known) {
  const std::string_view directory = path.substr(0, path.rfind('/'));
  if (directory.size() <= root.size()) return true;
  const auto found = known.find(directory);
  if (found != known.end()) return found->second;
  const bool entered =
      Entered(root, directory, visitor, known) && visitor.enter(std::string(directory));
  known.emplace(directory, entered);
  return entered;
}

}  // namespace

Status WalkDirectory(const ObjectStore& store, const std::string& directory,
                     const WalkVisitor& visitor) {
  if (dynamic_cast<const LocalStore*>(&store) != nullptr) return WalkLocal(directory, 0, visitor);
  ARROW_ASSIGN_OR_RAISE(const auto objects, store.ListRecursive(directory));
  std::map<std::string, bool, std::less<>> known;
  for (const auto& object : objects) {
    if (Entered(directory, object.path, visitor, known)) {
      ARROW_RETURN_NOT_OK(visitor.visit(object));
    }
  }
  return Status::OK();
}

}  // namespace deltaport::storage
