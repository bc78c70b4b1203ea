#include "delta/table_write.h"

#include <charconv>
#include <chrono>

#include "columnar/delta_schema.h"
#include "columnar/json_document.h"
#include "delta/live_files.h"
#include "delta/table_feature.h"
#include "delta/transaction.h"
#include "delta/write_schema.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

enum class WriteMode { kCreate, kAppend, kOverwrite };

std::string Quoted(std::string_view text) {
  std::string out;
  columnar::AppendQuotedJson(text, out);
  return out;
}

// A list of names as a JSON string that holds a JSON array, as other engines write it.
std::string QuotedList(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const auto& name : names) quoted.push_back(Quoted(name));
  return Quoted(fmt::format("[{}]", fmt::join(quoted, ",")));
}

// How many columns the table's own property asks statistics for.
void ApplyProperties(const Metadata& metadata, DataFileWriterOptions& options) {
  const auto found = metadata.configuration.find("delta.dataSkippingNumIndexedCols");
  if (found == metadata.configuration.end()) return;
  int columns = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  if (error == std::errc() && end == text.data() + text.size()) {
    options.statistics_columns = columns;
  }
}

Result<int64_t> RowsIn(const AddFile& file) {
  ARROW_ASSIGN_OR_RAISE(const auto document,
                        columnar::JsonDocument::Parse(file.stats.value_or("")));
  return document.root()["numRecords"].integer().value_or(0);
}

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
  operation.parameters["mode"] = Quoted(ModeName(mode));
  operation.parameters["partitionBy"] = QuotedList(metadata.partition_columns);
  operation.metrics["numFiles"] = fmt::format("{}", outcome.files);
  operation.metrics["numOutputRows"] = fmt::format("{}", outcome.rows);
  operation.metrics["numOutputBytes"] = fmt::format("{}", outcome.size_bytes);
  if (mode == WriteMode::kOverwrite) {
    operation.metrics["numRemovedFiles"] = fmt::format("{}", outcome.removed_files);
  }
  return operation;
}

Status RemoveFiles(const storage::Location& table, const std::vector<std::string>& paths) {
  Status first;
  for (const auto& path : paths) {
    const Status status = table.store->Remove(path);
    if (first.ok()) first = status;
  }
  return first;
}

Result<std::vector<std::string>> StorePaths(const storage::Location& table,
                                            const std::vector<AddFile>& files) {
  std::vector<std::string> paths;
  for (const auto& file : files) {
    ARROW_ASSIGN_OR_RAISE(const std::string path, DecodeFilePath(file.path));
    paths.push_back(fmt::format("{}/{}", table.path == "/" ? "" : table.path, path));
  }
  return paths;
}

// What rows are written to.
struct Target {
  const storage::Location& location;
  const std::shared_ptr<arrow::Schema> schema;
  const Metadata& metadata;
};

// Writes the rows and commits them with what `transaction` holds already.
Result<WriteOutcome> CommitRows(const Target& target, Transaction transaction,
                                arrow::RecordBatchReader& rows, WriteMode mode,
                                WriteOptions options, WriteOutcome outcome,
                                const CancelToken& token) {
  ApplyProperties(target.metadata, options.files);
  ARROW_ASSIGN_OR_RAISE(
      auto files, WriteDataFiles(target.location, target.schema, target.metadata.partition_columns,
                                 rows, options.files, token));
  outcome.files = static_cast<int64_t>(files.size());
  for (const auto& file : files) {
    ARROW_ASSIGN_OR_RAISE(const int64_t file_rows, RowsIn(file));
    outcome.rows += file_rows;
    outcome.size_bytes += file.size_bytes;
  }
  ARROW_ASSIGN_OR_RAISE(const auto paths, StorePaths(target.location, files));
  transaction.AddFiles(std::move(files));
  if (options.transaction) {
    transaction.SetTransactionVersion(options.transaction->application_id,
                                      options.transaction->version);
  }
  const auto committed = transaction.Commit(WriteOperation(mode, target.metadata, outcome), token);
  if (!committed.ok()) {
    // Only where it is certain that the commit does not exist: an error of the store may have come
    // after the commit file was in place.
    const ErrorCode code = CodeOf(committed.status());
    const bool certain = code == ErrorCode::kConflict || code == ErrorCode::kAlreadyExists ||
                         code == ErrorCode::kCancelled;
    const Status removed = certain ? RemoveFiles(target.location, paths) : Status::OK();
    return removed.ok() ? committed.status() : WithContext(committed.status(), removed.message());
  }
  outcome.version = committed->version;
  return outcome;
}

Result<WriteOutcome> Write(const storage::Location& location, arrow::RecordBatchReader& rows,
                           WriteMode mode, const WriteOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, Snapshot::Open(location));
  ARROW_ASSIGN_OR_RAISE(auto transaction, Transaction::Start(snapshot));
  ARROW_RETURN_NOT_OK(WithContext(CheckNoRowRules(snapshot->protocol(), snapshot->metadata()),
                                  fmt::format("table {}", location.path)));
  WriteOutcome outcome;
  if (mode == WriteMode::kOverwrite) {
    ARROW_RETURN_NOT_OK(transaction.RemoveAllFiles());
    outcome.removed_files = static_cast<int64_t>(snapshot->files().size());
  }
  return CommitRows({location, snapshot->schema(), snapshot->metadata()}, std::move(transaction),
                    rows, mode, options, outcome, token);
}

Result<Metadata> NewMetadata(const arrow::Schema& canonical, const NewTable& table) {
  ARROW_RETURN_NOT_OK(CheckNewTable(canonical, table.partition_columns));
  Metadata metadata;
  metadata.id = storage::RandomUuid();
  ARROW_ASSIGN_OR_RAISE(metadata.schema_string, columnar::SchemaToDeltaJson(canonical));
  metadata.partition_columns = table.partition_columns;
  metadata.configuration = table.configuration;
  metadata.created_time_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
  return metadata;
}

}  // namespace

Result<WriteOutcome> CreateTable(const storage::Location& location, const arrow::Schema& schema,
                                 const NewTable& table) {
  ARROW_ASSIGN_OR_RAISE(const auto canonical, columnar::DeltaSchemaOf(schema));
  ARROW_ASSIGN_OR_RAISE(Metadata metadata, NewMetadata(*canonical, table));
  ARROW_ASSIGN_OR_RAISE(Protocol protocol, ProtocolFor(*canonical, metadata));
  Operation operation;
  operation.name = "CREATE TABLE";
  operation.parameters["partitionBy"] = QuotedList(table.partition_columns);
  ARROW_ASSIGN_OR_RAISE(auto transaction,
                        Transaction::Create(location, std::move(protocol), std::move(metadata)));
  WriteOutcome outcome;
  ARROW_ASSIGN_OR_RAISE(const auto committed, transaction.Commit(operation, CancelToken()));
  outcome.version = committed.version;
  return outcome;
}

Result<WriteOutcome> CreateTableWithRows(const storage::Location& location,
                                         arrow::RecordBatchReader& rows, const NewTable& table,
                                         const WriteOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto canonical, columnar::DeltaSchemaOf(*rows.schema()));
  ARROW_ASSIGN_OR_RAISE(const Metadata metadata, NewMetadata(*canonical, table));
  ARROW_ASSIGN_OR_RAISE(Protocol protocol, ProtocolFor(*canonical, metadata));
  ARROW_ASSIGN_OR_RAISE(auto transaction,
                        Transaction::Create(location, std::move(protocol), metadata));
  return CommitRows({location, canonical, metadata}, std::move(transaction), rows,
                    WriteMode::kCreate, options, {}, token);
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
