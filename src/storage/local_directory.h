// Directories of the local file system, as opendir reads them.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <dirent.h>
#include <sys/stat.h>

namespace deltaport::storage {

// Symbolic links may form circles; no real table is nested this deep.
inline constexpr int kDirectoryDepthMax = 64;

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};
using OpenDirectory = std::unique_ptr<DIR, DirectoryCloser>;

std::string ChildPath(const std::string& directory, std::string_view name);

int64_t ModifiedMs(const struct stat& info);

}  // namespace deltaport::storage
