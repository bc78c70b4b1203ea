#include "lake/import.h"

#include <utility>

#include "delta/table_write.h"
#include "lake/dataset_opener.h"
#include "lake/write/append.h"
#include "lake/write/overwrite.h"
#include "storage/object_store.h"

namespace deltaport::lake {
namespace {

Status CheckRequest(const ImportRequest& request, bool table_exists) {
  if (request.mode != ImportMode::kCreate && !request.partition_columns.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "partition columns are fixed when a table is created; leave them out");
  }
  if (request.mode == ImportMode::kCreate && table_exists) {
    return Error(ErrorCode::kAlreadyExists,
                 "there is a table at {} already; append to it or overwrite it", request.table);
  }
  if (request.mode != ImportMode::kCreate && !table_exists) {
    return Error(ErrorCode::kNotFound, "there is no Delta table at {}; create it (--mode create)",
                 request.table);
  }
  return Status::OK();
}

ImportOutcome OutcomeOf(const delta::WriteOutcome& written) {
  return {written.version, written.rows, written.files, written.size_bytes, written.already_done};
}

Result<ImportOutcome> Create(const storage::Location& location,
                             const std::shared_ptr<arrow::RecordBatchReader>& rows,
                             const ImportRequest& request, const CancelToken& token) {
  delta::NewTable table;
  table.partition_columns = request.partition_columns;
  ARROW_ASSIGN_OR_RAISE(const auto written,
                        delta::CreateTableWithRows(location, *rows, table, {}, token));
  return OutcomeOf(written);
}

Result<ImportOutcome> Append(engine::QueryEngine& engine, const storage::Location& location,
                             std::shared_ptr<arrow::RecordBatchReader> rows,
                             const ImportRequest& request, const CancelToken& token) {
  delta::WriteOptions options;
  options.transaction = request.transaction;
  options.merge_schema = request.merge_schema;
  ARROW_ASSIGN_OR_RAISE(const auto written,
                        AppendRows(engine, location, std::move(rows), std::move(options), token));
  return OutcomeOf(written);
}

Result<ImportOutcome> Replace(engine::QueryEngine& engine, const storage::Location& location,
                              std::shared_ptr<arrow::RecordBatchReader> rows,
                              const ImportRequest& request, const CancelToken& token) {
  OverwriteRequest overwrite;
  overwrite.options.transaction = request.transaction;
  overwrite.merge_schema = request.merge_schema;
  ARROW_ASSIGN_OR_RAISE(const auto written,
                        Overwrite(engine, location, std::move(rows), overwrite, token));
  ImportOutcome outcome{0, written.counts.inserted_rows, written.counts.added_files,
                        written.counts.added_bytes, written.already_done};
  if (written.version) {
    outcome.version = *written.version;
  } else {
    // No rows in place of none.
    ARROW_ASSIGN_OR_RAISE(const auto latest, delta::Snapshot::Open(location));
    outcome.version = latest->version();
  }
  return outcome;
}

}  // namespace

Result<ImportOutcome> Import(engine::QueryEngine& engine, const ImportRequest& request,
                             const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(request.table));
  ARROW_ASSIGN_OR_RAISE(const bool table_exists, HasDeltaLog(location));
  ARROW_RETURN_NOT_OK(CheckRequest(request, table_exists));
  InputFiles input = request.input;
  if (request.mode != ImportMode::kCreate) input.table = location;
  ARROW_ASSIGN_OR_RAISE(auto rows, OpenInput(input, token));
  switch (request.mode) {
    case ImportMode::kCreate:
      return Create(location, rows, request, token);
    case ImportMode::kAppend:
      return Append(engine, location, std::move(rows), request, token);
    case ImportMode::kOverwrite:
      break;
  }
  return Replace(engine, location, std::move(rows), request, token);
}

}  // namespace deltaport::lake
