#include "lake/write/update.h"

#include "lake/write/partition_predicate.h"
#include "lake/write/write_operation.h"

namespace deltaport::lake {
namespace {

constexpr char kAlias[] = "target";

}  // namespace

Result<RowStatementOutcome> Update(engine::QueryEngine& engine, const storage::Location& table,
                                   const UpdateRequest& request, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(table));
  if (DoneBefore(*snapshot, request.options)) return AlreadyDone();
  ARROW_ASSIGN_OR_RAISE(const auto where, ParsePredicate(request.where, *snapshot, kAlias));
  ARROW_ASSIGN_OR_RAISE(const auto changes,
                        RowChanges::Start(engine, snapshot, request.options.changes, token));
  ARROW_ASSIGN_OR_RAISE(const auto query, UpdateQuery(TargetOf(*changes, *snapshot, kAlias),
                                                      request.assignments, where));
  std::optional<PartitionPredicate> partitions;
  if (where) partitions = PartitionPredicate::Of(engine, snapshot, *where, kAlias);
  changes->transaction().ReadMatching([&](const delta::AddFile& file) -> Result<bool> {
    return partitions ? partitions->Accepts(file) : true;
  });
  ARROW_RETURN_NOT_OK(RunChangeQuery(engine, *changes, query, nullptr, token));
  return CommitChanges(*changes, request.options, [&](const RowChangeCounts& counts) {
    return UpdateOperation(request.where.value_or(""), counts);
  });
}

}  // namespace deltaport::lake
