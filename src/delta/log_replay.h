// Reconciles the actions of a log, newest first: the newest word on each file, on the protocol, on
// the metadata, on each application and on each domain counts.

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/checkpoint_reader.h"
#include "delta/commit_batch.h"
#include "delta/file_key.h"
#include "delta/live_files.h"

namespace deltaport::delta {

// Everything that a log says about one version.
struct TableState {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::map<std::string, SetTransaction> transactions;  // By application.
  std::map<std::string, DomainMetadata> domains;       // By name; removed ones are left out.
  // Of the newest commit replayed.
  std::optional<int64_t> in_commit_timestamp_ms;
  LiveFiles files;
};

class LogReplay {
 public:
  // Call from the newest batch to the oldest.
  void AddCommits(CommitBatch batch);

  // One commit's actions in file order.
  Status AddCommit(std::vector<Action> actions);

  // A checkpoint, which is older than all commits and the oldest thing there is.
  void AddCheckpoint(CheckpointContents checkpoint);

  // The state; `base` (may be null) stands for everything older.
  Result<TableState> Finish(const TableState* base);

 private:
  void Add(Action& action);
  void TakeBase(const TableState& base);
  // The added files of all commits, in log order, as few parts.
  Result<std::vector<LiveFiles::Part>> CommittedParts() const;

  TableState state_;
  std::map<std::string, DomainMetadata> domains_;  // With removed ones.
  FileKeySet seen_;
  std::vector<CommitBatch> batches_;             // Newest first; their texts are keys of `seen_`.
  std::vector<std::vector<int64_t>> live_rows_;  // Of each batch, ascending.
  std::vector<LiveFiles::Part> checkpoint_;
  std::deque<std::string> checkpoint_keys_;  // Text of keys that are not paths.
};

}  // namespace deltaport::delta
