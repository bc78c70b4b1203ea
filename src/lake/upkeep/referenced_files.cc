#include "lake/upkeep/referenced_files.h"

#include <functional>

#include "delta/deletion_vector.h"
#include "delta/file_block.h"
#include "delta/live_files.h"

namespace deltaport::lake {
namespace {

std::string_view LastComponent(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "a//b/./c" as "a/b/c": what a store makes of it.
std::string Plain(std::string_view path) {
  std::string plain;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (component.empty() || component == ".") continue;
    if (!plain.empty()) plain += '/';
    plain += component;
  }
  return plain;
}

uint64_t HashOf(std::string_view text) { return std::hash<std::string_view>{}(text); }

}  // namespace

Status ReferencedFiles::Add(std::string_view path,
                            const std::optional<delta::DeletionVectorDescriptor>& vector) {
  ARROW_ASSIGN_OR_RAISE(const std::string decoded, delta::DecodeFilePath(path));
  AddDecoded(decoded);
  return vector ? AddVector(*vector) : Status::OK();
}

Status ReferencedFiles::AddVector(const delta::DeletionVectorDescriptor& vector) {
  const auto path = delta::DeletionVectorPath(table_, vector);
  if (path.ok()) {
    if (*path) AddDecoded(**path);
    return Status::OK();
  }
  // A file of another store is not below our root.
  return CodeOf(path.status()) == ErrorCode::kUnsupportedFeature ? Status::OK() : path.status();
}

void ReferencedFiles::AddDecoded(std::string_view path) {
  if (path.starts_with('/') || path.find("://") != std::string_view::npos) {
    names_of_absolute_.insert(HashOf(LastComponent(path)));
  } else {
    relative_.insert(HashOf(Plain(path)));
  }
}

Status ReferencedFiles::AddLive(const delta::Snapshot& snapshot) {
  const delta::LiveFiles& files = snapshot.files();
  for (size_t i = 0; i < files.size(); ++i) {
    const delta::FileExtras* extras = files.extras(i);
    ARROW_RETURN_NOT_OK(
        Add(files.path(i), extras != nullptr ? extras->deletion_vector : std::nullopt));
  }
  return Status::OK();
}

bool ReferencedFiles::Names(std::string_view path) const {
  return relative_.contains(HashOf(Plain(path))) ||
         names_of_absolute_.contains(HashOf(LastComponent(path)));
}

}  // namespace deltaport::lake
