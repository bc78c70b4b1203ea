#include "lake/write/row_statement.h"

#include "engine/query_sql.h"

namespace deltaport::lake {

ChangeTarget TargetOf(const RowChanges& changes, const delta::Snapshot& snapshot,
                      std::string_view alias) {
  ChangeTarget target;
  target.schema = snapshot.schema();
  target.stored_schema = snapshot.schema();
  target.alias = alias;
  target.old_rows = changes.wants_old_rows();
  if (!changes.row_id_column().empty()) {
    target.row_id_sql = engine::QuoteIdentifier(target.alias) + "." +
                        engine::QuoteIdentifier(changes.row_id_column());
  }
  return target;
}

Result<std::optional<engine::Expression>> ParsePredicate(const std::optional<std::string>& text,
                                                         const delta::Snapshot& snapshot,
                                                         std::string_view alias) {
  if (!text) return std::nullopt;
  const engine::ExpressionScope scope{{{std::string(alias), snapshot.schema()}}};
  ARROW_ASSIGN_OR_RAISE(auto parsed, engine::Expression::Parse(*text, scope));
  if (!parsed.deterministic()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the predicate '{}' does not give the same value each time; write the values out",
                 *text);
  }
  return parsed;
}

Status RunChangeQuery(engine::QueryEngine& engine, RowChanges& changes, const ChangeQuery& query,
                      std::shared_ptr<arrow::RecordBatchReader> source, const CancelToken& token) {
  engine::InternalQuery internal;
  internal.sql = query.sql;
  internal.tables.emplace(kTargetInput, changes.source());
  if (source) internal.streams.emplace(kSourceInput, std::move(source));
  ARROW_ASSIGN_OR_RAISE(const auto rows, engine.ExecuteInternal(internal, token));
  return changes.Apply(query, *rows);
}

Result<RowStatementOutcome> CommitChanges(
    RowChanges& changes, const RowStatementOptions& options,
    const std::function<delta::Operation(const RowChangeCounts&)>& operation) {
  RowStatementOutcome outcome;
  ARROW_ASSIGN_OR_RAISE(outcome.counts, changes.Finish());
  if (!outcome.counts.any() || options.changes.count_only) return outcome;
  if (options.transaction) {
    changes.transaction().SetTransactionVersion(options.transaction->application_id,
                                                options.transaction->version);
  }
  ARROW_ASSIGN_OR_RAISE(const auto committed, changes.Commit(operation(outcome.counts)));
  outcome.version = committed.version;
  return outcome;
}

}  // namespace deltaport::lake
