// The partitions that some files are in, compared by value: writers may spell one value in several
// ways ("1.0" and "1").

#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/snapshot.h"

namespace deltaport::lake {

class PartitionValues {
 public:
  // Those of `files`, by the partition columns of the table. kCorruptTable naming the column for
  // text that is no value of its type.
  static Result<PartitionValues> Of(const delta::Snapshot& snapshot,
                                    std::span<const delta::AddFile> files);

  // Indices of the snapshot's files that are in one of the partitions, ascending.
  Result<std::vector<size_t>> Files(const delta::Snapshot& snapshot) const;

  // Whether a file that somebody adds is in one of them.
  Result<bool> Accepts(const delta::Snapshot& snapshot, const delta::AddFile& file) const;

 private:
  std::set<std::string> keys_;
};

}  // namespace deltaport::lake
