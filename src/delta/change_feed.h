// What each commit of a table changed, as the files that hold the changed rows.
//
// Source of the rules: PROTOCOL.md of delta-io/delta, "Add CDC File". A commit with change files
// says it all by them; otherwise the files that it adds and removes with dataChange are inserted
// and deleted rows, and a file that only changes its deletion vector stands for the difference of
// the vectors.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/log_segment.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// A file of which the commit changed the deletion vector only.
struct VectorChange {
  AddFile file;  // Its vector is not meaningful here.
  std::optional<DeletionVectorDescriptor> before;
  std::optional<DeletionVectorDescriptor> after;
};

struct CommitChanges {
  TableVersion version = 0;
  int64_t timestamp_ms = 0;
  std::vector<ChangeFile> change_files;  // If there are any, the others are empty.
  std::vector<AddFile> inserted;
  std::vector<AddFile> deleted;
  std::vector<VectorChange> vector_changes;
};

struct ChangeRange {
  TableVersion first = 0;
  std::optional<TableVersion> last = {};  // Included. Nullopt, or beyond the latest: the latest.
};

// The versions whose changes were committed from `first_ms` to `last_ms` (nullopt: until now), both
// included. kNotFound if that is none.
Result<ChangeRange> ChangesBetween(const storage::Location& table, int64_t first_ms,
                                   std::optional<int64_t> last_ms);

// Reads one commit a call. For one thread.
class ChangeFeed {
 public:
  // kNotFound if the first version does not exist (yet, or any more), kInvalidArgument if the range
  // is empty or the feed was off (delta.enableChangeDataFeed) at its start.
  static Result<ChangeFeed> Open(const storage::Location& table, const ChangeRange& range);

  // The last version of the range: its schema is that of the changed rows.
  const std::shared_ptr<const Snapshot>& last() const { return last_; }
  TableVersion first() const { return first_; }

  // Nullopt after the last one. kInvalidArgument naming the version where the feed is off, or whose
  // schema has no place in the last one (a column that was dropped, renamed or changed its type).
  Result<std::optional<CommitChanges>> Next();

 private:
  ChangeFeed() = default;
  Status CheckMetadata(const Metadata& metadata, TableVersion version) const;
  // The file that a remove is about, with what the remove itself may lack.
  Result<AddFile> RemovedFile(const RemoveFile& remove, TableVersion version);
  Status Sort(std::vector<AddFile> adds, std::vector<RemoveFile> removes, CommitChanges& changes);

  std::shared_ptr<const Snapshot> last_;
  TableVersion first_ = 0;
  std::vector<CommitFile> commits_;
  std::vector<int64_t> times_ms_;  // One for each commit.
  size_t next_ = 0;
  std::shared_ptr<const Snapshot> before_;  // Of the commit being read, where it was needed.
};

}  // namespace deltaport::delta
