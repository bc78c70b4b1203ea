// The files of a table that its log names, in a few bytes each: what a vacuum must not touch.
//
// Holds hashes of names, so a question may be answered "named" for a file that is not (one in 2^64
// pairs), never the other way round.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "delta/action.h"
#include "delta/snapshot.h"

namespace deltaport::lake {

class ReferencedFiles {
 public:
  explicit ReferencedFiles(storage::Location table) : table_(std::move(table)) {}

  // A path as in the log. kCorruptTable if it is malformed.
  Status Add(std::string_view path, const std::optional<delta::DeletionVectorDescriptor>& vector);

  // The live files of a version and their deletion vectors.
  Status AddLive(const delta::Snapshot& snapshot);

  // Whether the file at this decoded path, relative to the table root, is named. A file that the
  // log names by an absolute path is known by its last component: the log may spell the root in
  // another way (through a link, say) than the caller.
  bool Names(std::string_view path) const;

 private:
  Status AddVector(const delta::DeletionVectorDescriptor& vector);
  void AddDecoded(std::string_view path);

  const storage::Location table_;
  std::unordered_set<uint64_t> relative_;
  std::unordered_set<uint64_t> names_of_absolute_;
};

}  // namespace deltaport::lake
