// Collects actions against one snapshot and commits them as the next version, or not at all.
//
// Not thread-safe; a transaction is used once. A race that is lost is settled here: a blind append
// moves on to the next free version, anything that read the table is a conflict.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "delta/committer.h"
#include "delta/snapshot.h"

namespace deltaport::delta {

// What commitInfo says about a commit.
struct Operation {
  std::string name;                               // "WRITE", "CREATE TABLE", …
  std::map<std::string, std::string> parameters;  // Values as JSON text.
  std::map<std::string, std::string> metrics;
};

class Transaction {
 public:
  // The first version of a table that does not exist yet.
  // kUnsupportedFeature naming the feature if we could not write to such a table.
  static Result<Transaction> Create(const storage::Location& table, Protocol protocol,
                                    Metadata metadata);

  // On top of `snapshot`. kUnsupportedFeature naming the feature if the table needs a writer
  // feature that we do not keep.
  static Result<Transaction> Start(std::shared_ptr<const Snapshot> snapshot);

  void AddFiles(std::vector<AddFile> files);

  // Removes every live file of the snapshot, so the commit depends on all of them.
  // kInvalidArgument if the table is append-only.
  Status RemoveAllFiles();

  // Records that `application_id` has written up to `version`.
  void SetTransactionVersion(const std::string& application_id, int64_t version);

  // The version that was committed. kConflict naming the winner's version and operation if a
  // concurrent commit stands against this one, kAlreadyExists if a table to create is there
  // already.
  Result<TableVersion> Commit(const Operation& operation, const CancelToken& token,
                              Committer& committer = *StoreCommitter::Shared());

 private:
  Transaction() = default;
  bool blind() const { return snapshot_ != nullptr && !replaces_; }
  CommitInfo Info(const Operation& operation) const;
  std::string Lines(CommitInfo& info);
  // Reads the commits that came first and moves behind them, or says why it cannot.
  Status Rebase();

  storage::Location table_;
  std::shared_ptr<const Snapshot> snapshot_;  // Null for a new table.
  std::optional<Protocol> new_protocol_;
  std::optional<Metadata> new_metadata_;
  std::vector<AddFile> adds_;
  std::vector<RemoveFile> removes_;
  std::map<std::string, int64_t> transactions_;
  bool replaces_ = false;  // Depends on the files of the snapshot.
  bool in_commit_timestamps_ = false;
  TableVersion next_version_ = 0;
  int64_t previous_timestamp_ms_ = 0;  // Of the version before next_version_, if in-commit.
};

}  // namespace deltaport::delta
