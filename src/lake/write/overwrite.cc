#include "lake/write/overwrite.h"

#include <numeric>
#include <set>

#include <arrow/builder.h>

#include "delta/live_files.h"
#include "delta/schema_merge.h"
#include "lake/write/partition_predicate.h"
#include "lake/write/partition_values.h"
#include "lake/write/write_operation.h"

namespace deltaport::lake {
namespace {

Status CheckRequest(const OverwriteRequest& request, const delta::Snapshot& snapshot) {
  if (request.scope == OverwriteScope::kPartitions && snapshot.partition_columns().empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "table {}: it has no partitions to overwrite; give a predicate, or overwrite the "
                 "whole table",
                 snapshot.location().path);
  }
  if (request.replace_schema && (request.scope != OverwriteScope::kTable || request.merge_schema)) {
    return Error(ErrorCode::kInvalidArgument,
                 "the schema is replaced only where the whole table is overwritten, and it is "
                 "replaced or merged, not both");
  }
  if (request.partition_columns && !request.replace_schema) {
    return Error(ErrorCode::kInvalidArgument,
                 "partition columns change only where the schema is replaced");
  }
  return Status::OK();
}

std::function<Status(delta::Transaction&)> SchemaChange(
    const OverwriteRequest& request, const std::shared_ptr<arrow::Schema>& rows) {
  if (request.replace_schema) {
    return [rows, columns = request.partition_columns](delta::Transaction& transaction) {
      return delta::ReplaceSchema(transaction, *rows, columns);
    };
  }
  if (!request.merge_schema) return {};
  return [rows](delta::Transaction& transaction) { return delta::MergeSchema(transaction, *rows); };
}

class Overwriting {
 public:
  Overwriting(engine::QueryEngine& engine, std::shared_ptr<const delta::Snapshot> snapshot,
              RowChanges& changes, const CancelToken& token)
      : engine_(engine), snapshot_(std::move(snapshot)), changes_(changes), token_(token) {}

  Status Table(std::shared_ptr<arrow::RecordBatchReader> rows) {
    std::vector<size_t> files(snapshot_->files().size());
    std::iota(files.begin(), files.end(), size_t{0});
    changes_.transaction().ReadWholeTable();
    ARROW_RETURN_NOT_OK(changes_.DeleteFiles(files));
    return changes_.InsertRows(std::move(rows), {});
  }

  Status Partitions(std::shared_ptr<arrow::RecordBatchReader> rows) {
    ARROW_RETURN_NOT_OK(changes_.InsertRows(std::move(rows), {}));
    ARROW_ASSIGN_OR_RAISE(auto written, PartitionValues::Of(*snapshot_, changes_.new_files()));
    ARROW_ASSIGN_OR_RAISE(const auto files, written.Files(*snapshot_));
    ARROW_RETURN_NOT_OK(changes_.DeleteFiles(files));
    changes_.transaction().ReadMatching(
        [snapshot = snapshot_, written = std::move(written)](const delta::AddFile& file) {
          return written.Accepts(*snapshot, file);
        });
    return Status::OK();
  }

  Status Matching(std::shared_ptr<arrow::RecordBatchReader> rows, const std::string& where) {
    // The rules of rows know the table by this name.
    ARROW_ASSIGN_OR_RAISE(const auto predicate, ParsePredicate(where, *snapshot_, kRowAlias));
    const auto partitions =
        PartitionPredicate::Of(engine_, snapshot_, *predicate, std::string(kRowAlias));
    if (partitions) {
      changes_.transaction().ReadMatching(
          [partitions](const delta::AddFile& file) { return partitions->Accepts(file); });
      ARROW_ASSIGN_OR_RAISE(const auto files, partitions->Files(token_));
      ARROW_RETURN_NOT_OK(changes_.DeleteFiles(files));
    } else {
      changes_.transaction().ReadMatching([](const delta::AddFile&) { return true; });
      ARROW_ASSIGN_OR_RAISE(const auto query,
                            DeleteQuery(TargetOf(changes_, *snapshot_, kRowAlias), predicate));
      ARROW_RETURN_NOT_OK(RunChangeQuery(engine_, changes_, query, nullptr, token_));
    }
    return changes_.InsertRows(std::move(rows),
                               {RowCheck{"the predicate of the overwrite", where, *predicate}});
  }

 private:
  engine::QueryEngine& engine_;
  const std::shared_ptr<const delta::Snapshot> snapshot_;
  RowChanges& changes_;
  const CancelToken& token_;
};

}  // namespace

Result<RowStatementOutcome> Overwrite(engine::QueryEngine& engine, const storage::Location& table,
                                      std::shared_ptr<arrow::RecordBatchReader> rows,
                                      const OverwriteRequest& request, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(table));
  if (DoneBefore(*snapshot, request.options)) return AlreadyDone();
  ARROW_RETURN_NOT_OK(CheckRequest(request, *snapshot));
  RowChangeOptions options = request.options.changes;
  options.change_schema = SchemaChange(request, rows->schema());
  ARROW_ASSIGN_OR_RAISE(const auto changes, RowChanges::Start(engine, snapshot, options, token));
  Overwriting overwriting(engine, snapshot, *changes, token);
  switch (request.scope) {
    case OverwriteScope::kTable:
      ARROW_RETURN_NOT_OK(overwriting.Table(std::move(rows)));
      break;
    case OverwriteScope::kPartitions:
      ARROW_RETURN_NOT_OK(overwriting.Partitions(std::move(rows)));
      break;
    case OverwriteScope::kMatching:
      ARROW_RETURN_NOT_OK(overwriting.Matching(std::move(rows), request.where));
      break;
  }
  return CommitChanges(*changes, request.options, [&](const RowChangeCounts& counts) {
    return OverwriteOperation(
        request.scope == OverwriteScope::kMatching ? std::string_view(request.where) : "",
        request.scope == OverwriteScope::kPartitions,
        changes->transaction().metadata().partition_columns, counts);
  });
}

}  // namespace deltaport::lake
