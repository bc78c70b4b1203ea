// Who decides which commit becomes version N of a table.

#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::delta {

// Implementations are safe for concurrent use, from several processes too.
class Committer {
 public:
  virtual ~Committer() = default;

  // Makes `actions` (the lines of a commit file) version `version` for every reader, durably.
  // kAlreadyExists, and nothing changed, if that version was committed before.
  virtual Status Commit(const storage::Location& table, TableVersion version,
                        std::string_view actions) = 0;
};

// Puts the commit file if it is absent: the store itself decides the race.
class StoreCommitter final : public Committer {
 public:
  static const std::shared_ptr<Committer>& Shared();

  Status Commit(const storage::Location& table, TableVersion version,
                std::string_view actions) override;
};

}  // namespace deltaport::delta
