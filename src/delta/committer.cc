#include "delta/committer.h"

#include <string>

#include "delta/log_path.h"

namespace deltaport::delta {

const std::shared_ptr<Committer>& StoreCommitter::Shared() {
  static const std::shared_ptr<Committer> committer = std::make_shared<StoreCommitter>();
  return committer;
}

Status StoreCommitter::Commit(const storage::Location& table, TableVersion version,
                              std::string_view actions) {
  return table.store->PutIfAbsent(CommitPath(table.path, version), actions);
}

}  // namespace deltaport::delta
