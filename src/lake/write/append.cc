#include "lake/write/append.h"

#include <utility>

#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "lake/write/row_rules.h"

namespace deltaport::lake {
namespace {

// The rules were read from `ruled`; the commit must stand on the same ones.
Status CheckSameRules(const delta::Metadata& ruled, const delta::Metadata& current) {
  if (ruled.schema_string == current.schema_string &&
      ruled.configuration == current.configuration) {
    return Status::OK();
  }
  return Error(ErrorCode::kConflict,
               "the columns or properties of the table were changed meanwhile; try again");
}

}  // namespace

Result<delta::WriteOutcome> AppendRows(engine::QueryEngine& engine,
                                       const storage::Location& location,
                                       std::shared_ptr<arrow::RecordBatchReader> rows,
                                       AppendMode mode, delta::WriteOptions options,
                                       const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(location));
  ARROW_ASSIGN_OR_RAISE(
      const auto ruled,
      ApplyRowRules(engine, snapshot->metadata(), snapshot->schema(), std::move(rows), {}, token));
  options.rows_checked = true;
  options.before_commit = [&](delta::Transaction& transaction) -> Status {
    ARROW_RETURN_NOT_OK(CheckSameRules(snapshot->metadata(), transaction.metadata()));
    ARROW_ASSIGN_OR_RAISE(auto metadata, ruled->NewMetadata());
    return metadata ? transaction.SetMetadata(*std::move(metadata)) : Status::OK();
  };
  return mode == AppendMode::kOverwrite ? delta::Overwrite(location, *ruled, options, token)
                                        : delta::Append(location, *ruled, options, token);
}

}  // namespace deltaport::lake
