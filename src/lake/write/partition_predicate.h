// A predicate that reads partition columns only, so that it is true for all rows of a file or none.

#pragma once

#include <optional>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"
#include "engine/expression.h"
#include "engine/query_engine.h"

namespace deltaport::lake {

class PartitionPredicate {
 public:
  // None if the predicate reads another column. `alias` is the table's name in it. The engine must
  // outlive the object.
  static std::optional<PartitionPredicate> Of(engine::QueryEngine& engine,
                                              std::shared_ptr<const delta::Snapshot> snapshot,
                                              const engine::Expression& predicate,
                                              std::string alias);

  // Indices of the snapshot's files for whose rows it is true, ascending.
  Result<std::vector<size_t>> Files(const CancelToken& token) const;

  // Whether it is true for the rows of a file that somebody adds.
  Result<bool> Accepts(const delta::AddFile& file) const;

 private:
  PartitionPredicate(engine::QueryEngine& engine, std::shared_ptr<const delta::Snapshot> snapshot,
                     const engine::Expression& predicate, std::string alias);
  Result<std::vector<size_t>> Matching(int64_t files, arrow::ArrayVector values,
                                       const CancelToken& token) const;

  engine::QueryEngine* engine_;
  std::shared_ptr<const delta::Snapshot> snapshot_;
  engine::Expression predicate_;
  std::string alias_;
  std::vector<int> columns_;
};

}  // namespace deltaport::lake
