// Lake::Discover: finds the tables below local folders.

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "lake/lake.h"
#include "storage/object_store.h"

namespace deltaport::lake {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 8;
constexpr size_t kDatasetsMax = 10'000;

// What one folder holds, by name in order.
struct FolderContent {
  bool has_delta_log = false;
  bool has_parquet = false;
  std::vector<fs::path> folders;       // Neither hidden nor internal.
  std::vector<fs::path> hive_folders;  // "key=value".
};

Result<FolderContent> ReadFolder(const fs::path& folder) {
  FolderContent content;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;  // An entry that vanished is neither a folder nor a file.
    const bool is_folder = entry->is_directory(ignored);
    if (is_folder && name == "_delta_log") content.has_delta_log = true;
    if (name.starts_with('.') || name.starts_with('_')) continue;
    if (is_folder && name.find('=') != std::string::npos) {
      content.hive_folders.push_back(entry->path());
    } else if (is_folder) {
      content.folders.push_back(entry->path());
    } else if (name.ends_with(".parquet")) {
      content.has_parquet = true;
    }
  }
  if (error) {
    const auto code =
        error == std::errc::permission_denied ? ErrorCode::kPermissionDenied : ErrorCode::kIo;
    return Error(code, "the folder {} cannot be listed: {}", folder.string(), error.message());
  }
  std::ranges::sort(content.folders);
  return content;
}

std::string DatasetNameOf(const fs::path& folder) {
  std::string name = folder.filename().string();
  std::ranges::replace_if(
      name, [](unsigned char c) { return !(std::isalnum(c) || c == '_' || c == '.' || c == '-'); },
      '_');
  return name.empty() || name == "reload-all" ? "table" : name;
}

class Discovery {
 public:
  Status Visit(const fs::path& folder, int depth) {
    ARROW_ASSIGN_OR_RAISE(const FolderContent content, ReadFolder(folder));
    if (content.has_delta_log) {
      return Add(folder, folder.string(), DatasetKind::kDelta);
    }
    if (!content.hive_folders.empty()) {
      return Add(folder, (folder / "**" / "*.parquet").string(), DatasetKind::kParquet);
    }
    if (content.has_parquet) {
      ARROW_RETURN_NOT_OK(Add(folder, folder.string(), DatasetKind::kParquet));
    }
    if (depth >= kDepthMax) return Status::OK();
    for (const fs::path& inner : content.folders) {
      ARROW_RETURN_NOT_OK(Visit(inner, depth + 1));
    }
    return Status::OK();
  }

  std::vector<DatasetSettings> Take() && { return std::move(found_); }

 private:
  Status Add(const fs::path& folder, std::string location, DatasetKind kind) {
    DatasetSettings dataset;
    dataset.name = DatasetNameOf(folder);
    dataset.location = std::move(location);
    dataset.kind = kind;
    const auto [it, added] = names_.emplace(dataset.name, folder.string());
    if (!added) {
      return Error(ErrorCode::kAlreadyExists,
                   "the folders {} and {} would both be the dataset '{}'; rename one, or name them "
                   "in a configuration file",
                   it->second, folder.string(), dataset.name);
    }
    if (found_.size() >= kDatasetsMax) {
      return Error(ErrorCode::kResourceExhausted, "there are more than {} tables below the folders",
                   kDatasetsMax);
    }
    found_.push_back(std::move(dataset));
    return Status::OK();
  }

  std::vector<DatasetSettings> found_;
  std::map<std::string, std::string> names_;
};

}  // namespace

Result<std::vector<DatasetSettings>> Lake::Discover(const std::vector<std::string>& directories) {
  Discovery discovery;
  for (const std::string& text : directories) {
    ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(text));
    if (location.store->scheme() != "file") {
      return Error(ErrorCode::kUnsupportedFeature,
                   "tables are found in local folders only; name those of {} in a configuration "
                   "file",
                   text);
    }
    std::error_code error;
    if (!fs::is_directory(location.path, error)) {
      return Error(ErrorCode::kNotFound, "the lake folder {} does not exist or is not a folder",
                   text);
    }
    ARROW_RETURN_NOT_OK(discovery.Visit(location.path, 0));
  }
  return std::move(discovery).Take();
}

}  // namespace deltaport::lake
