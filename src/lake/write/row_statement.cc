#include "lake/write/row_statement.h"

#include "engine/query_sql.h"

namespace deltaport::lake {

ChangeTarget TargetOf(const RowChanges& changes, const delta::Snapshot& snapshot,
                      std::string_view alias) {
  ChangeTarget target;
  target.schema = changes.schema();
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
  auto parsed = engine::Expression::Parse(*text, scope);
  if (!parsed.ok()) return WithContext(parsed.status(), fmt::format("the predicate '{}'", *text));
  if (!parsed->deterministic()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the predicate '{}' does not give the same value each time; write the values out",
                 *text);
  }
  return std::optional(*std::move(parsed));
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

bool DoneBefore(const delta::Snapshot& snapshot, const RowStatementOptions& options) {
  if (!options.transaction) return false;
  const auto done = snapshot.TransactionVersion(options.transaction->application_id);
  return done && *done >= options.transaction->version;
}

RowStatementOutcome AlreadyDone() {
  RowStatementOutcome outcome;
  outcome.already_done = true;
  return outcome;
}

namespace {

// Another attempt of the same statement may have been faster.
Result<bool> DoneMeanwhile(RowChanges& changes, const RowStatementOptions& options,
                           const Status& failure) {
  const auto* conflict = delta::ConflictOf(failure);
  if (!conflict || conflict->kind() != delta::ConflictKind::kConcurrentTransaction) return false;
  ARROW_ASSIGN_OR_RAISE(const auto latest, changes.transaction().snapshot()->Refresh());
  return DoneBefore(*latest, options);
}

}  // namespace

Result<RowStatementOutcome> CommitChanges(
    RowChanges& changes, const RowStatementOptions& options,
    const std::function<delta::Operation(const RowChangeCounts&)>& operation) {
  RowStatementOutcome outcome;
  ARROW_ASSIGN_OR_RAISE(outcome.counts, changes.Finish());
  if (options.changes.count_only) return outcome;
  if (!outcome.counts.any() && !options.transaction) return outcome;
  if (options.transaction) {
    changes.transaction().SetTransactionVersion(options.transaction->application_id,
                                                options.transaction->version);
  }
  const auto committed = changes.Commit(operation(outcome.counts));
  if (!committed.ok()) {
    ARROW_ASSIGN_OR_RAISE(const bool done, DoneMeanwhile(changes, options, committed.status()));
    if (!done) return committed.status();
    return AlreadyDone();
  }
  outcome.version = committed->version;
  return outcome;
}

}  // namespace deltaport::lake
