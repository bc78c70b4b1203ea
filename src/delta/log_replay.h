// Reconciles the actions of a log, newest first: the newest word on each file, on the protocol, on
// the metadata, on each application and on each domain counts.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
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
  // The actions of one commit in file order; call from the newest commit to the oldest.
  Status AddCommit(std::vector<Action> actions);

  // One row of a checkpoint, which is older than all commits.
  Status AddCheckpointAction(Action action);

  // The state; `base` (may be null) stands for everything older.
  Result<TableState> Finish(const TableState* base);

 private:
  Status AddFileAction(const AddFile& add, FileBlockBuilder& builder);
  Status Add(Action& action, FileBlockBuilder& builder);

  TableState state_;
  std::unordered_set<std::string> seen_;
  std::map<std::string, DomainMetadata> domains_;  // With removed ones.
  FileBlockBuilder newest_first_;
  FileBlockBuilder checkpoint_;
  bool first_commit_ = true;
};

}  // namespace deltaport::delta
