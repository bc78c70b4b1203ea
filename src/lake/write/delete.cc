#include "lake/write/delete.h"

#include <numeric>

#include "delta/live_files.h"
#include "lake/write/partition_predicate.h"
#include "lake/write/write_operation.h"

namespace deltaport::lake {
namespace {

constexpr char kAlias[] = "target";

}  // namespace

Result<RowStatementOutcome> Delete(engine::QueryEngine& engine, const storage::Location& table,
                                   const DeleteRequest& request, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(table));
  if (DoneBefore(*snapshot, request.options)) return AlreadyDone();
  ARROW_ASSIGN_OR_RAISE(const auto where, ParsePredicate(request.where, *snapshot, kAlias));
  ARROW_ASSIGN_OR_RAISE(const auto changes,
                        RowChanges::Start(engine, snapshot, request.options.changes, token));
  std::optional<PartitionPredicate> partitions;
  if (where) partitions = PartitionPredicate::Of(engine, snapshot, *where, kAlias);
  if (!where) {
    std::vector<size_t> files(snapshot->files().size());
    std::iota(files.begin(), files.end(), size_t{0});
    changes->transaction().ReadWholeTable();
    ARROW_RETURN_NOT_OK(changes->DeleteFiles(files));
  } else if (partitions) {
    changes->transaction().ReadMatching(
        [&](const delta::AddFile& file) { return partitions->Accepts(file); });
    ARROW_ASSIGN_OR_RAISE(const auto files, partitions->Files(token));
    ARROW_RETURN_NOT_OK(changes->DeleteFiles(files));
  } else {
    changes->transaction().ReadMatching([](const delta::AddFile&) { return true; });
    ARROW_ASSIGN_OR_RAISE(const auto query,
                          DeleteQuery(TargetOf(*changes, *snapshot, kAlias), where));
    ARROW_RETURN_NOT_OK(RunChangeQuery(engine, *changes, query, nullptr, token));
  }
  return CommitChanges(*changes, request.options, [&](const RowChangeCounts& counts) {
    return DeleteOperation(request.where.value_or(""), counts);
  });
}

}  // namespace deltaport::lake
