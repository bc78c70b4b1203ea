#include "storage/local_directory.h"

#include <fmt/format.h>

namespace deltaport::storage {

std::string ChildPath(const std::string& directory, std::string_view name) {
  return directory == "/" ? fmt::format("/{}", name) : fmt::format("{}/{}", directory, name);
}

int64_t ModifiedMs(const struct stat& info) {
  return static_cast<int64_t>(info.st_mtim.tv_sec) * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace deltaport::storage
