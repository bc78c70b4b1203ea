#include "delta/table_write.h"

#include "columnar/json_document.h"
#include "delta/action_json.h"
#include "delta/live_files.h"
#include "delta/log_segment.h"
#include "delta/schema_merge.h"
#include "delta/statistics_text.h"
#include "delta/table_feature.h"

namespace deltaport::delta {
namespace {

enum class WriteMode { kCreate, kAppend, kOverwrite };

// As Spark names the modes of a write.
std::string_view ModeName(WriteMode mode) {
  switch (mode) {
    case WriteMode::kCreate:
      return "ErrorIfExists";
    case WriteMode::kAppend:
      return "Append";
    case WriteMode::kOverwrite:
      break;
  }
  return "Overwrite";
}

Operation WriteOperation(WriteMode mode, const Metadata& metadata, const WriteOutcome& outcome) {
  Operation operation;
  operation.name = "WRITE";
  operation.parameters["mode"] = columnar::QuotedJson(ModeName(mode));
  operation.parameters["partitionBy"] = columnar::QuotedJsonList(metadata.partition_columns);
  operation.metrics["numFiles"] = fmt::format("{}", outcome.files);
  operation.metrics["numOutputRows"] = fmt::format("{}", outcome.rows);
  operation.metrics["numOutputBytes"] = fmt::format("{}", outcome.size_bytes);
  if (mode == WriteMode::kOverwrite) {
    operation.metrics["numRemovedFiles"] = fmt::format("{}", outcome.removed_files);
  }
  return operation;
}

// Whether the snapshot holds what `options` identify already.
bool WrittenBefore(const Snapshot& snapshot, const WriteOptions& options) {
  if (!options.transaction) return false;
  const auto written = snapshot.TransactionVersion(options.transaction->application_id);
  return written && *written >= options.transaction->version;
}

// The newest version that recorded the application's write, or that of the snapshot if the log
// does not go back that far.
Result<WriteOutcome> FindWritten(const Snapshot& snapshot, const SetTransaction& wanted) {
  WriteOutcome outcome;
  outcome.already_done = true;
  outcome.version = snapshot.version();
  outcome.timestamp_ms = snapshot.timestamp_ms();
  outcome.snapshot = snapshot.shared_from_this();
  ARROW_ASSIGN_OR_RAISE(const auto commits, ListCommits(snapshot.location()));
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    if (commit->version > snapshot.version()) continue;
    ARROW_ASSIGN_OR_RAISE(const auto winner,
                          ReadWinningCommit(*snapshot.location().store, *commit));
    const auto found = winner.applications.find(wanted.application_id);
    if (found == winner.applications.end() || found->second > wanted.version) continue;
    outcome.version = winner.version;
    outcome.timestamp_ms = winner.timestamp_ms;
    break;
  }
  return outcome;
}

// Lets the schema follow the rows as far as the options say.
Status AdoptSchema(const arrow::Schema& rows, WriteMode mode, const WriteOptions& options,
                   Transaction& transaction) {
  if (options.replace_schema && mode == WriteMode::kOverwrite) {
    return ReplaceSchema(transaction, rows, options.partition_columns);
  }
  return options.merge_schema ? MergeSchema(transaction, rows) : Status::OK();
}

// Writes the rows and commits them with what `transaction` holds already.
Result<WriteOutcome> CommitRows(const storage::Location& location, Transaction transaction,
                                arrow::RecordBatchReader& rows, WriteMode mode,
                                const WriteOptions& options, WriteOutcome outcome,
                                const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto target, transaction.FileTarget());
  DataFileWriterOptions file_options = options.files;
  if (options.merge_schema) file_options.fill_missing = true;
  ARROW_ASSIGN_OR_RAISE(auto files, WriteDataFiles(target, rows, file_options, token));
  outcome.files = static_cast<int64_t>(files.size());
  for (const auto& file : files) {
    outcome.rows += RecordCount(file.stats.value_or("")).value_or(0);
    outcome.size_bytes += file.size_bytes;
  }
  transaction.AddFiles(files);
  if (options.rows_checked) transaction.RowRulesApplied();
  Status status;
  if (options.before_commit) status = options.before_commit(transaction);
  if (options.transaction) {
    transaction.SetTransactionVersion(options.transaction->application_id,
                                      options.transaction->version);
  }
  bool certain = !status.ok();  // That there is no commit.
  if (status.ok()) {
    const auto committed =
        transaction.Commit(WriteOperation(mode, transaction.metadata(), outcome), token);
    if (committed.ok()) {
      outcome.version = committed->version;
      outcome.timestamp_ms = committed->timestamp_ms;
      outcome.snapshot = committed->snapshot;
      return outcome;
    }
    status = committed.status();
    const ErrorCode code = CodeOf(status);
    // An error of the store may have come after the commit file was in place.
    certain = code != ErrorCode::kIo && code != ErrorCode::kUnavailable &&
              code != ErrorCode::kDeadlineExceeded && code != ErrorCode::kInternal;
  }
  const Status removed = certain ? RemoveDataFiles(location, files) : Status::OK();
  return removed.ok() ? status : WithContext(status, removed.message());
}

Result<WriteOutcome> Write(const storage::Location& location, arrow::RecordBatchReader& rows,
                           WriteMode mode, const WriteOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot,
                        options.known ? options.known->Refresh() : Snapshot::Open(location));
  if (WrittenBefore(*snapshot, options)) return FindWritten(*snapshot, *options.transaction);
  ARROW_ASSIGN_OR_RAISE(auto transaction, Transaction::Start(snapshot));
  if (!options.rows_checked) {
    ARROW_RETURN_NOT_OK(WithContext(CheckNoRowRules(snapshot->protocol(), snapshot->metadata()),
                                    fmt::format("table {}", location.path)));
  }
  WriteOutcome outcome;
  if (mode == WriteMode::kOverwrite) {
    ARROW_RETURN_NOT_OK(transaction.RemoveAllFiles());
    outcome.removed_files = static_cast<int64_t>(snapshot->files().size());
  }
  ARROW_RETURN_NOT_OK(AdoptSchema(*rows.schema(), mode, options, transaction));
  std::shared_ptr<arrow::RecordBatchReader> ruled;
  if (options.rule_rows) {
    ARROW_ASSIGN_OR_RAISE(ruled, options.rule_rows(transaction));
  }
  auto written = CommitRows(location, std::move(transaction), ruled ? *ruled : rows, mode, options,
                            outcome, token);
  const ConflictDetail* conflict = ConflictOf(written.status());
  if (conflict == nullptr || conflict->kind() != ConflictKind::kConcurrentTransaction) {
    return written;
  }
  // Another attempt of the same write may have been faster.
  ARROW_ASSIGN_OR_RAISE(const auto latest, snapshot->Refresh());
  if (WrittenBefore(*latest, options)) return FindWritten(*latest, *options.transaction);
  return written;
}

}  // namespace

Result<WriteOutcome> CreateTable(const storage::Location& location, const arrow::Schema& schema,
                                 const NewTable& table) {
  ARROW_ASSIGN_OR_RAISE(auto transaction, StartTable(location, schema, table));
  Operation operation;
  operation.name = "CREATE TABLE";
  operation.parameters["partitionBy"] = columnar::QuotedJsonList(table.partition_columns);
  WriteOutcome outcome;
  ARROW_ASSIGN_OR_RAISE(const auto committed, transaction.Commit(operation, CancelToken()));
  outcome.version = committed.version;
  outcome.timestamp_ms = committed.timestamp_ms;
  outcome.snapshot = committed.snapshot;
  return outcome;
}

Result<WriteOutcome> CreateTableWithRows(const storage::Location& location,
                                         arrow::RecordBatchReader& rows, const NewTable& table,
                                         const WriteOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto transaction, StartTable(location, *rows.schema(), table));
  return CommitRows(location, std::move(transaction), rows, WriteMode::kCreate, options, {}, token);
}

Result<WriteOutcome> Append(const storage::Location& location, arrow::RecordBatchReader& rows,
                            const WriteOptions& options, const CancelToken& token) {
  return Write(location, rows, WriteMode::kAppend, options, token);
}

Result<WriteOutcome> Overwrite(const storage::Location& location, arrow::RecordBatchReader& rows,
                               const WriteOptions& options, const CancelToken& token) {
  return Write(location, rows, WriteMode::kOverwrite, options, token);
}

}  // namespace deltaport::delta
