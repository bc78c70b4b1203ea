// ParseLocation and Location::ToUri.

#include <filesystem>

#include "storage/local_store.h"
#include "storage/object_store.h"
#include "storage/uri.h"

namespace deltaport::storage {
namespace {

Result<std::string> AbsolutePath(std::string_view text) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(std::filesystem::path(text), error);
  if (error) {
    return Error(ErrorCode::kInvalidArgument, "'{}' cannot be made absolute: {}", text,
                 error.message());
  }
  std::string path = absolute.lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::string Location::ToUri() const {
  return fmt::format("{}://{}", store->scheme(), PercentEncode(path));
}

Result<Location> ParseLocation(std::string_view text) {
  if (text.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a location is empty; give a path or file:/// URI");
  }
  if (text.find('\0') != std::string_view::npos) {
    return Error(ErrorCode::kInvalidArgument, "a location must not contain a zero byte");
  }
  const std::string scheme = UriScheme(text);
  std::string path(text);
  if (scheme == "file") {
    ARROW_ASSIGN_OR_RAISE(path, FileUriPath(text));
  } else if (!scheme.empty() && text.substr(scheme.size()).starts_with("://")) {
    return Error(ErrorCode::kInvalidArgument,
                 "'{}': the scheme '{}' is not known; known are: file (or a plain path)", text,
                 scheme);
  }
  ARROW_ASSIGN_OR_RAISE(path, AbsolutePath(path));
  return Location{LocalStore::Shared(), std::move(path)};
}

}  // namespace deltaport::storage
