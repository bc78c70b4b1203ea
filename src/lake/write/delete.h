// DELETE FROM a table, as one commit.

#pragma once

#include <optional>
#include <string>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/query_engine.h"
#include "lake/write/row_statement.h"
#include "storage/object_store.h"

namespace deltaport::lake {

struct DeleteRequest {
  std::optional<std::string> where;  // A predicate in SQL; none: all rows.
  RowStatementOptions options;
};

// Deletes the rows for which the predicate is true. Where partition values decide it for whole
// files, no file is read. A delete that matches nothing commits nothing.
// kInvalidArgument for a mistake in the predicate or an append-only table, kConflict if a
// concurrent commit stands against it; nothing is visible then.
Result<RowStatementOutcome> Delete(engine::QueryEngine& engine, const storage::Location& table,
                                   const DeleteRequest& request, const CancelToken& token);

}  // namespace deltaport::lake
