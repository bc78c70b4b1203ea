#include "lake/write/append.h"

#include <utility>

#include "delta/transaction.h"
#include "lake/write/row_rules.h"

namespace deltaport::lake {

Result<delta::WriteOutcome> AppendRows(engine::QueryEngine& engine,
                                       const storage::Location& location,
                                       std::shared_ptr<arrow::RecordBatchReader> rows,
                                       delta::WriteOptions options, const CancelToken& token) {
  std::shared_ptr<RuledRows> ruled;
  options.rows_checked = true;
  options.rule_rows = [&](const delta::Transaction& transaction)
      -> Result<std::shared_ptr<arrow::RecordBatchReader>> {
    ARROW_ASSIGN_OR_RAISE(const auto target, transaction.FileTarget());
    RowRuleOptions rules;
    rules.fill_members = options.merge_schema;
    ARROW_ASSIGN_OR_RAISE(
        ruled, ApplyRowRules(engine, transaction.metadata(), target.schema, rows, rules, token));
    return ruled;
  };
  options.before_commit = [&](delta::Transaction& transaction) -> Status {
    ARROW_ASSIGN_OR_RAISE(auto metadata, ruled->NewMetadata());
    return metadata ? transaction.SetMetadata(*std::move(metadata)) : Status::OK();
  };
  return delta::Append(location, *rows, options, token);
}

}  // namespace deltaport::lake
