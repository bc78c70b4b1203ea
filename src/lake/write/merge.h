// MERGE INTO a table: rows of a source decide which rows of the table are changed, deleted or
// inserted, in one commit.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/query_engine.h"
#include "lake/write/merge_clause.h"
#include "lake/write/row_statement.h"
#include "storage/object_store.h"

namespace deltaport::lake {

struct MergeRequest {
  std::string on;  // Condition over both sides. Equality never matches a null.
  // Of those for one kind of row (matched, not matched, not matched by source) the first whose
  // condition is true applies; a row that none applies to stays as it is.
  std::vector<MergeClause> clauses;
  std::string table_alias = "target";
  std::string source_alias = "source";
  // The table gets the columns of the source that "*" or an assignment of a clause would set but
  // the table lacks, and wider types if delta.enableTypeWidening is on. With "*", columns that the
  // source lacks keep their value, or are null in new rows.
  bool merge_schema = false;
  RowStatementOptions options;
};

struct MergeOutcome : RowStatementOutcome {
  int64_t source_rows = 0;
};

// `source` is read once. kInvalidArgument for a mistake in a clause, for "*" with a source that
// does not fit (listing the differences), for a row of the table that several rows of the source
// would change (showing its key; a single unconditional DELETE may match it as often as it likes),
// and for rows that break a rule of the table; kConflict if a concurrent commit stands against it.
Result<MergeOutcome> Merge(engine::QueryEngine& engine, const storage::Location& table,
                           std::shared_ptr<arrow::RecordBatchReader> source,
                           const MergeRequest& request, const CancelToken& token);

}  // namespace deltaport::lake
