#include "lake/upkeep/file_selection.h"

#include <algorithm>
#include <numeric>

#include "delta/live_files.h"
#include "lake/write/partition_predicate.h"
#include "lake/write/row_statement.h"

namespace deltaport::lake {
namespace {

constexpr char kAlias[] = "target";

Status NotAPartitionColumn(const engine::Expression& predicate, const delta::Snapshot& snapshot,
                           const std::string& where) {
  const auto& partitions = snapshot.partition_columns();
  if (partitions.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "table {}: it is not partitioned, so '{}' cannot choose files of it; leave the "
                 "predicate out",
                 snapshot.location().path, where);
  }
  std::string column;
  for (const auto& name : predicate.columns()) {
    if (std::ranges::find(partitions, name) == partitions.end()) column = name;
  }
  return Error(ErrorCode::kInvalidArgument,
               "the predicate '{}' reads the column '{}'; files are chosen by partition columns "
               "only: {}",
               where, column, fmt::join(partitions, ", "));
}

}  // namespace

Result<std::vector<size_t>> SelectFiles(engine::QueryEngine& engine,
                                        const std::shared_ptr<const delta::Snapshot>& snapshot,
                                        const std::optional<std::string>& where,
                                        const CancelToken& token) {
  if (!where) {
    std::vector<size_t> files(snapshot->files().size());
    std::iota(files.begin(), files.end(), size_t{0});
    return files;
  }
  ARROW_ASSIGN_OR_RAISE(const auto predicate, ParsePredicate(where, *snapshot, kAlias));
  const auto partitions = PartitionPredicate::Of(engine, snapshot, *predicate, kAlias);
  if (!partitions) return NotAPartitionColumn(*predicate, *snapshot, *where);
  return partitions->Files(token);
}

}  // namespace deltaport::lake
