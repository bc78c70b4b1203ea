#include "lake/write/merge.h"

#include <algorithm>
#include <atomic>

#include "base/letter_case.h"
#include "delta/schema_edit.h"
#include "delta/schema_merge.h"
#include "lake/write/write_operation.h"

namespace deltaport::lake {
namespace {

// Passes the source on and counts its rows.
class CountedRows final : public arrow::RecordBatchReader {
 public:
  explicit CountedRows(std::shared_ptr<arrow::RecordBatchReader> rows) : rows_(std::move(rows)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (*batch) count_ += (*batch)->num_rows();
    return Status::OK();
  }

  int64_t count() const { return count_; }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::atomic<int64_t> count_ = 0;  // Read on a thread of the engine.
};

// Only a delete without a condition, standing alone, does not care how often a row is matched.
bool MayMatchOften(const std::vector<MergeClause>& clauses) {
  const MergeClause* matched = nullptr;
  for (const auto& clause : clauses) {
    if (clause.when != MergeWhen::kMatched) continue;
    if (matched) return false;
    matched = &clause;
  }
  return matched && matched->action == MergeAction::kDelete && !matched->condition;
}

// Columns of the table that the condition compares.
Result<std::vector<std::string>> KeyColumns(const MergeRequest& request, const ChangeTarget& target,
                                            const arrow::Schema& source) {
  engine::ExpressionScope scope;
  scope.relations[request.table_alias] = target.stored_schema;
  scope.relations[request.source_alias] = std::make_shared<arrow::Schema>(source);
  auto on = engine::Expression::Parse(request.on, scope);
  if (!on.ok()) return WithContext(on.status(), "the condition of the merge");
  std::vector<std::string> columns;
  for (const auto& column : on->references()) {
    if (column.relation == request.table_alias) columns.push_back(column.name);
  }
  return columns;
}

// The columns of the source that clauses set under their own names.
std::shared_ptr<arrow::Schema> ColumnsToSet(const std::vector<MergeClause>& clauses,
                                            const arrow::Schema& source) {
  arrow::FieldVector fields;
  for (const auto& field : source.fields()) {
    const auto sets = [&](const MergeClause& clause) {
      return clause.all_columns ||
             std::ranges::any_of(clause.assignments, [&](const Assignment& assignment) {
               return EqualsIgnoringCase(assignment.column, field->name());
             });
    };
    if (std::ranges::any_of(clauses, sets)) fields.push_back(field);
  }
  return arrow::schema(std::move(fields));
}

}  // namespace

Result<MergeOutcome> Merge(engine::QueryEngine& engine, const storage::Location& table,
                           std::shared_ptr<arrow::RecordBatchReader> source,
                           const MergeRequest& request, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(table));
  if (DoneBefore(*snapshot, request.options)) {
    MergeOutcome done;
    done.already_done = true;
    return done;
  }
  RowChangeOptions options = request.options.changes;
  options.once = !MayMatchOften(request.clauses);
  ChangeTarget target;
  target.stored_schema = snapshot->schema();
  ARROW_ASSIGN_OR_RAISE(options.key_columns, KeyColumns(request, target, *source->schema()));
  if (request.merge_schema) {
    const auto columns = ColumnsToSet(request.clauses, *source->schema());
    options.change_schema = [columns](delta::Transaction& transaction) {
      return delta::MergeSchema(transaction, *columns);
    };
  }
  ARROW_ASSIGN_OR_RAISE(const auto changes, RowChanges::Start(engine, snapshot, options, token));
  MergeQueryInput input;
  input.source = source->schema();
  input.source_alias = request.source_alias;
  input.on = request.on;
  input.clauses = request.clauses;
  input.schema_merged = request.merge_schema;
  ARROW_ASSIGN_OR_RAISE(const auto query,
                        MergeQuery(TargetOf(*changes, *snapshot, request.table_alias), input));
  changes->transaction().ReadMatching([](const delta::AddFile&) { return true; });
  const auto counted = std::make_shared<CountedRows>(std::move(source));
  ARROW_RETURN_NOT_OK(RunChangeQuery(engine, *changes, query, counted, token));
  MergeOutcome outcome;
  ARROW_ASSIGN_OR_RAISE(static_cast<RowStatementOutcome&>(outcome),
                        CommitChanges(*changes, request.options, [&](const auto& counts) {
                          return MergeOperation(request.on, request.clauses, counts,
                                                counted->count());
                        }));
  outcome.source_rows = counted->count();
  return outcome;
}

}  // namespace deltaport::lake
