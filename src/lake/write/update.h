// UPDATE of a table's rows, as one commit.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/query_engine.h"
#include "lake/write/merge_clause.h"
#include "lake/write/row_statement.h"
#include "storage/object_store.h"

namespace deltaport::lake {

struct UpdateRequest {
  std::vector<Assignment> assignments;  // Over the rows as they are; all see the old values.
  std::optional<std::string> where;     // A predicate in SQL; none: all rows.
  RowStatementOptions options;
};

// Changes the rows for which the predicate is true; values are cast to the column's type. Rows move
// to another partition where that column changes. Nothing matched: nothing is committed.
// kInvalidArgument for a mistake in an expression, a row that breaks a rule of the table (naming
// the rule), or an append-only table; kConflict if a concurrent commit stands against it.
Result<RowStatementOutcome> Update(engine::QueryEngine& engine, const storage::Location& table,
                                   const UpdateRequest& request, const CancelToken& token);

}  // namespace deltaport::lake
