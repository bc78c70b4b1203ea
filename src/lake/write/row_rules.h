// Rows on their way into a table: completed and checked by the table's rules.
//
// Every writer of rows puts them through ApplyRowRules before delta::WriteDataFiles, calls
// Transaction::RowRulesApplied, and commits NewMetadata() with them.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "engine/query_engine.h"
#include "lake/write/table_rules.h"

namespace deltaport::lake {

struct RowRuleOptions {
  // Rows may carry values of identity columns that stood in the table before (UPDATE, MERGE), and
  // values of generated columns are computed anew instead of compared.
  bool rewrites_rows = false;
  std::vector<RowCheck> more_checks;  // Beside those of the table, over its columns.
  // Columns of the rows that the table does not have; they pass as they are.
  arrow::FieldVector extra_columns;
  bool fill_members = false;  // Structs of the rows may lack members, which are null then.
};

// Rows with every column of the table, to be matched by name. For one thread, like any reader.
class RuledRows : public arrow::RecordBatchReader {
 public:
  // Metadata with the last values of identity columns, nullopt if there is nothing to change. To be
  // asked after the last row was read.
  virtual Result<std::optional<delta::Metadata>> NewMetadata() const = 0;
};

// `rows` may lack columns, in any order: they get their default, are generated, counted, or null.
// A null where an identity column counts takes the next value. The rows stream through; nothing is
// computed for a table without rules.
// kInvalidArgument for rows that do not fit the table, that leave out a column that may not be
// null, or that break a rule: naming the rule, its expression and one such row. Errors of reading
// come with the batch that has the row.
Result<std::shared_ptr<RuledRows>> ApplyRowRules(engine::QueryEngine& engine,
                                                 const delta::Metadata& metadata,
                                                 const std::shared_ptr<arrow::Schema>& schema,
                                                 std::shared_ptr<arrow::RecordBatchReader> rows,
                                                 const RowRuleOptions& options,
                                                 const CancelToken& token);

}  // namespace deltaport::lake
