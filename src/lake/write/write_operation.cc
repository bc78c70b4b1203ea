#include "lake/write/write_operation.h"

#include "columnar/json_document.h"

namespace deltaport::lake {
namespace {

std::string PredicateList(std::string_view predicate) {
  return columnar::QuotedJsonList(predicate.empty() ? std::vector<std::string>()
                                                    : std::vector{std::string(predicate)});
}

void AddFileMetrics(const RowChangeCounts& counts, OperationMetrics& metrics) {
  metrics["numAddedFiles"] = std::to_string(counts.added_files);
  metrics["numAddedBytes"] = std::to_string(counts.added_bytes);
  metrics["numRemovedFiles"] = std::to_string(counts.removed_files);
  metrics["numRemovedBytes"] = std::to_string(counts.removed_bytes);
  metrics["numCopiedRows"] = std::to_string(counts.copied_rows);
  metrics["numAddedChangeFiles"] = std::to_string(counts.change_files);
  metrics["numDeletionVectorsAdded"] =
      std::to_string(counts.vectors_added + counts.vectors_updated);
  metrics["numDeletionVectorsRemoved"] =
      std::to_string(counts.vectors_removed + counts.vectors_updated);
  metrics["numDeletionVectorsUpdated"] = std::to_string(counts.vectors_updated);
}

// {"predicate":…,"actionType":"update"}
std::string ClauseJson(const MergeClause& clause) {
  const std::string_view action = clause.action == MergeAction::kUpdate   ? "update"
                                  : clause.action == MergeAction::kDelete ? "delete"
                                                                          : "insert";
  return clause.condition
             ? fmt::format("{{\"predicate\":{},\"actionType\":{}}}",
                           columnar::QuotedJson(*clause.condition), columnar::QuotedJson(action))
             : fmt::format("{{\"actionType\":{}}}", columnar::QuotedJson(action));
}

std::string ClauseList(const std::vector<MergeClause>& clauses, MergeWhen when) {
  std::vector<std::string> json;
  for (const auto& clause : clauses) {
    if (clause.when == when) json.push_back(ClauseJson(clause));
  }
  return columnar::QuotedJson(fmt::format("[{}]", fmt::join(json, ",")));
}

}  // namespace

delta::Operation DeleteOperation(std::string_view predicate, const RowChangeCounts& counts) {
  delta::Operation operation;
  operation.name = "DELETE";
  operation.parameters["predicate"] = PredicateList(predicate);
  AddFileMetrics(counts, operation.metrics);
  operation.metrics["numDeletedRows"] = std::to_string(counts.deleted_rows);
  return operation;
}

delta::Operation UpdateOperation(std::string_view predicate, const RowChangeCounts& counts) {
  delta::Operation operation;
  operation.name = "UPDATE";
  operation.parameters["predicate"] = PredicateList(predicate);
  AddFileMetrics(counts, operation.metrics);
  operation.metrics["numUpdatedRows"] = std::to_string(counts.updated_rows);
  return operation;
}

delta::Operation OverwriteOperation(std::string_view predicate, bool partitions,
                                    const std::vector<std::string>& partition_columns,
                                    const RowChangeCounts& counts) {
  delta::Operation operation;
  operation.name = "WRITE";
  operation.parameters["mode"] = columnar::QuotedJson("Overwrite");
  operation.parameters["partitionBy"] = columnar::QuotedJsonList(partition_columns);
  if (!predicate.empty()) operation.parameters["predicate"] = columnar::QuotedJson(predicate);
  if (partitions) operation.parameters["isDynamicPartitionOverwrite"] = "true";
  AddFileMetrics(counts, operation.metrics);
  operation.metrics["numFiles"] = std::to_string(counts.added_files);
  operation.metrics["numOutputRows"] = std::to_string(counts.inserted_rows + counts.copied_rows);
  operation.metrics["numOutputBytes"] = std::to_string(counts.added_bytes);
  operation.metrics["numDeletedRows"] = std::to_string(counts.deleted_rows);
  return operation;
}

delta::Operation MergeOperation(std::string_view on, const std::vector<MergeClause>& clauses,
                                const RowChangeCounts& counts, int64_t source_rows) {
  delta::Operation operation;
  operation.name = "MERGE";
  operation.parameters["predicate"] = PredicateList(on);
  operation.parameters["matchedPredicates"] = ClauseList(clauses, MergeWhen::kMatched);
  operation.parameters["notMatchedPredicates"] = ClauseList(clauses, MergeWhen::kNotMatched);
  operation.parameters["notMatchedBySourcePredicates"] =
      ClauseList(clauses, MergeWhen::kNotMatchedBySource);
  auto& metrics = operation.metrics;
  metrics["numSourceRows"] = std::to_string(source_rows);
  metrics["numTargetRowsInserted"] = std::to_string(counts.inserted_rows);
  metrics["numTargetRowsUpdated"] = std::to_string(counts.updated_rows);
  metrics["numTargetRowsDeleted"] = std::to_string(counts.deleted_rows);
  metrics["numTargetRowsCopied"] = std::to_string(counts.copied_rows);
  metrics["numOutputRows"] =
      std::to_string(counts.inserted_rows + counts.updated_rows + counts.copied_rows);
  metrics["numTargetFilesAdded"] = std::to_string(counts.added_files);
  metrics["numTargetBytesAdded"] = std::to_string(counts.added_bytes);
  metrics["numTargetFilesRemoved"] = std::to_string(counts.removed_files);
  metrics["numTargetBytesRemoved"] = std::to_string(counts.removed_bytes);
  metrics["numTargetChangeFilesAdded"] = std::to_string(counts.change_files);
  metrics["numTargetDeletionVectorsAdded"] =
      std::to_string(counts.vectors_added + counts.vectors_updated);
  metrics["numTargetDeletionVectorsRemoved"] =
      std::to_string(counts.vectors_removed + counts.vectors_updated);
  metrics["numTargetDeletionVectorsUpdated"] = std::to_string(counts.vectors_updated);
  return operation;
}

}  // namespace deltaport::lake
