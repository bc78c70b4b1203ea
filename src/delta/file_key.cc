#include "delta/file_key.h"

#include <bit>

#include "storage/uri.h"

namespace deltaport::delta {
namespace {

constexpr size_t kSlotsMin = 16;

bool ClimbsOut(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return false;
}

// Whether the text is its own decoded form, beyond doubt.
bool IsPlain(std::string_view path) {
  return !path.empty() && path.find('%') == std::string_view::npos &&
         path.find(':') == std::string_view::npos && path.find("..") == std::string_view::npos;
}

}  // namespace

Result<std::string> DecodeFilePath(std::string_view path) {
  const auto decoded = [&]() -> Result<std::string> {
    if (storage::UriScheme(path) == "file") return storage::FileUriPath(path);
    return storage::PercentDecode(path);
  }();
  if (!decoded.ok() || decoded->empty()) {
    return Error(ErrorCode::kCorruptTable, "the file path '{}' is malformed", path);
  }
  if (!decoded->starts_with('/') && ClimbsOut(*decoded)) {
    return Error(ErrorCode::kCorruptTable, "the file path '{}' leads out of the table", path);
  }
  return decoded;
}

Result<std::string> FileKey(std::string_view path,
                            const std::optional<DeletionVectorDescriptor>& deletion_vector) {
  std::string scratch;
  ARROW_ASSIGN_OR_RAISE(const auto key,
                        FileKeyIn(path, deletion_vector ? &*deletion_vector : nullptr, scratch));
  return std::string(key);
}

Result<std::string_view> FileKeyIn(std::string_view path,
                                   const DeletionVectorDescriptor* deletion_vector,
                                   std::string& scratch) {
  const bool plain = IsPlain(path);
  if (plain && deletion_vector == nullptr) return path;
  if (plain) {
    scratch = path;
  } else {
    ARROW_ASSIGN_OR_RAISE(scratch, DecodeFilePath(path));
  }
  if (deletion_vector != nullptr) {
    scratch += '\0';
    scratch += deletion_vector->storage_type;
    scratch += deletion_vector->path_or_inline;
    if (deletion_vector->offset) scratch += fmt::format("@{}", *deletion_vector->offset);
  }
  return scratch;
}

uint64_t HashOfKey(std::string_view key) { return std::hash<std::string_view>{}(key); }

void FileKeyTable::Reserve(size_t keys) {
  const size_t slots = std::bit_ceil(std::max(2 * keys, kSlotsMin));
  if (slots > slots_.size()) Grow(slots);
}

void FileKeyTable::Insert(uint64_t hash, int64_t number) {
  Reserve(size_ + 1);
  Place({hash, number});
  ++size_;
}

void FileKeyTable::Grow(size_t slots) {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  mask_ = slots - 1;
  for (const Slot& slot : old) {
    if (slot.number >= 0) Place(slot);
  }
}

void FileKeyTable::Place(Slot slot) {
  size_t i = slot.hash & mask_;
  while (slots_[i].number >= 0) i = (i + 1) & mask_;
  slots_[i] = slot;
}

bool FileKeySet::Contains(const FileKeyView& key) const {
  return table_.Find(key.hash, [&](int64_t number) {
    return keys_[static_cast<size_t>(number)].key == key.key;
  }) >= 0;
}

bool FileKeySet::Insert(const FileKeyView& key) {
  const auto number = static_cast<int64_t>(keys_.size());
  const auto equals = [&](int64_t known) {
    return keys_[static_cast<size_t>(known)].key == key.key;
  };
  if (table_.FindOrInsert(key.hash, number, equals) >= 0) return false;
  keys_.push_back(key);
  return true;
}

}  // namespace deltaport::delta
