// What DELETE, UPDATE and MERGE have in common: options, outcome and their frame.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/transaction.h"
#include "engine/expression.h"
#include "engine/query_engine.h"
#include "lake/write/change_query.h"
#include "lake/write/row_changes.h"

namespace deltaport::lake {

struct RowStatementOptions {
  RowChangeOptions changes;
  // Makes the statement happen once: where the table has recorded that version of the application,
  // or a later one, nothing is done. With it, a statement that changes nothing is committed, too.
  std::optional<delta::SetTransaction> transaction;
};

struct RowStatementOutcome {
  std::optional<delta::TableVersion> version;  // Committed; none if nothing changed.
  RowChangeCounts counts;
  bool already_done = false;  // `transaction` was recorded before.
};

// Whether the table has what `options.transaction` identifies.
bool DoneBefore(const delta::Snapshot& snapshot, const RowStatementOptions& options);
RowStatementOutcome AlreadyDone();

// How a table is changed by a statement in which it is called `alias`.
ChangeTarget TargetOf(const RowChanges& changes, const delta::Snapshot& snapshot,
                      std::string_view alias);

// The predicate of a statement over the columns of the table, if it has one. kInvalidArgument also
// for one whose value changes from call to call.
Result<std::optional<engine::Expression>> ParsePredicate(const std::optional<std::string>& text,
                                                         const delta::Snapshot& snapshot,
                                                         std::string_view alias);

// Runs `query` over the table and carries out what it answers.
Status RunChangeQuery(engine::QueryEngine& engine, RowChanges& changes, const ChangeQuery& query,
                      std::shared_ptr<arrow::RecordBatchReader> source, const CancelToken& token);

// Finishes the changes and commits them, unless there are none or somebody else has made them.
Result<RowStatementOutcome> CommitChanges(
    RowChanges& changes, const RowStatementOptions& options,
    const std::function<delta::Operation(const RowChangeCounts&)>& operation);

}  // namespace deltaport::lake
