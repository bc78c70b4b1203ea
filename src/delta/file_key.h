// What identifies a file in replay: its decoded path and its deletion vector.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/action.h"

namespace deltaport::delta {

// The decoded path: absolute, or relative to the table root. `file:/a`, `file:///a` and `/a` are
// one. kCorruptTable if it is malformed or climbs out of the table with "..".
Result<std::string> DecodeFilePath(std::string_view path);

// The decoded path and the identity of the deletion vector. Errors as above.
Result<std::string> FileKey(std::string_view path,
                            const std::optional<DeletionVectorDescriptor>& deletion_vector);

// The same without a copy where the path needs no decoding: then the key is `path` itself,
// otherwise it stands in `scratch`. `deletion_vector` may be null.
Result<std::string_view> FileKeyIn(std::string_view path,
                                   const DeletionVectorDescriptor* deletion_vector,
                                   std::string& scratch);

uint64_t HashOfKey(std::string_view key);

// A key and its hash; the text belongs to somebody else.
struct FileKeyView {
  uint64_t hash = 0;
  std::string_view key;
};

// A hash table from keys to numbers. It holds hashes and numbers only: who uses it compares the
// keys. One probe usually costs one cache line.
class FileKeyTable {
 public:
  // Room for that many keys without growing.
  void Reserve(size_t keys);
  size_t size() const { return size_; }

  // The number of the entry with that hash for which `equals(number)` holds, or -1.
  template <typename Equals>
  int64_t Find(uint64_t hash, const Equals& equals) const {
    if (slots_.empty()) return -1;
    for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.number < 0) return -1;
      if (slot.hash == hash && equals(slot.number)) return slot.number;
    }
  }

  // Adds an entry, whether there is one of that hash or not. `number` must be >= 0.
  void Insert(uint64_t hash, int64_t number);

  // As Find(), but where there is none, the entry is added: then -1.
  template <typename Equals>
  int64_t FindOrInsert(uint64_t hash, int64_t number, const Equals& equals) {
    Reserve(size_ + 1);
    size_t i = hash & mask_;
    for (; slots_[i].number >= 0; i = (i + 1) & mask_) {
      if (slots_[i].hash == hash && equals(slots_[i].number)) return slots_[i].number;
    }
    slots_[i] = {hash, number};
    ++size_;
    return -1;
  }

  // For a key that is looked up soon: in a large table the memory is what it waits for.
  void Prefetch(uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask_]);
  }

 private:
  struct Slot {
    uint64_t hash = 0;
    int64_t number = -1;  // -1: free.
  };
  void Grow(size_t slots);
  void Place(Slot slot);

  std::vector<Slot> slots_;  // A power of two of them, at most half of them used.
  size_t mask_ = 0;
  size_t size_ = 0;
};

// The keys that a replay has met.
class FileKeySet {
 public:
  // True if the key was not there. The text must outlive the set.
  bool Insert(const FileKeyView& key);
  bool Contains(const FileKeyView& key) const;
  void Reserve(size_t keys) {
    table_.Reserve(keys);
    keys_.reserve(keys);
  }
  void Prefetch(uint64_t hash) const { table_.Prefetch(hash); }
  const std::vector<FileKeyView>& keys() const { return keys_; }

 private:
  std::vector<FileKeyView> keys_;
  FileKeyTable table_;
};

}  // namespace deltaport::delta
