#include "lake/upkeep/file_rewrite.h"

#include <map>

#include "columnar/json_document.h"
#include "delta/data_file_writer.h"
#include "delta/live_files.h"
#include "delta/table_properties.h"
#include "lake/write/file_rows.h"
#include "lake/write/retained_rows.h"

namespace deltaport::lake {
namespace {

constexpr char kClusteringProvider[] = "liquid";  // As Spark calls it.

Result<int64_t> RowsIn(const delta::AddFile& file) {
  ARROW_ASSIGN_OR_RAISE(const auto document,
                        columnar::JsonDocument::Parse(file.stats.value_or("{}")));
  return document.root()["numRecords"].integer().value_or(0);
}

void AddMetrics(const OptimizeOutcome& outcome, delta::Operation& operation) {
  const auto metric = [&](const char* name, int64_t value) {
    operation.metrics[name] = fmt::format("{}", value);
  };
  metric("numAddedFiles", outcome.added_files);
  metric("numAddedBytes", outcome.added_bytes);
  metric("numRemovedFiles", outcome.removed_files);
  metric("numRemovedBytes", outcome.removed_bytes);
  metric("numDeletionVectorsRemoved", outcome.removed_deletion_vectors);
}

class CountingReader final : public arrow::RecordBatchReader {
 public:
  CountingReader(std::shared_ptr<arrow::RecordBatchReader> rows,
                 std::function<void(int64_t)> on_rows)
      : rows_(std::move(rows)), on_rows_(std::move(on_rows)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (*batch != nullptr && on_rows_) on_rows_((*batch)->num_rows());
    return Status::OK();
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::function<void(int64_t)> on_rows_;
};

}  // namespace

Result<RewriteSource> ReadForRewrite(engine::QueryEngine& engine,
                                     const std::shared_ptr<const delta::Snapshot>& snapshot,
                                     const std::vector<size_t>& files, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto properties, delta::TableProperties::Of(snapshot->metadata()));
  RewriteSource source;
  if (properties.row_tracking && properties.row_id_column && properties.row_commit_version_column) {
    source.extra_columns = {arrow::field(*properties.row_id_column, arrow::int64()),
                            arrow::field(*properties.row_commit_version_column, arrow::int64())};
  }
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        ReadFileRows(engine, snapshot, source.extra_columns, files, token));
  source.rows = std::make_shared<RetainedRows>(std::move(rows), nullptr, snapshot->files(),
                                               source.extra_columns.size());
  return source;
}

Result<std::vector<delta::AddFile>> WriteRewritten(const delta::Transaction& transaction,
                                                   const arrow::FieldVector& extra_columns,
                                                   arrow::RecordBatchReader& rows,
                                                   const RewriteFiles& files,
                                                   const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto target, transaction.FileTarget());
  delta::DataFileWriterOptions options;
  options.file_bytes = files.file_bytes;
  options.extra_columns = extra_columns;
  options.data_change = false;
  if (files.clustered) options.clustering_provider = kClusteringProvider;
  return delta::WriteDataFiles(target, rows, options, token);
}

std::vector<std::vector<size_t>> GroupByPartition(const delta::Snapshot& snapshot,
                                                  std::span<const size_t> files) {
  std::vector<std::string> names;
  for (int i = 0; i < snapshot.schema()->num_fields(); ++i) {
    if (snapshot.IsPartitionColumn(i)) names.push_back(snapshot.PhysicalName(i));
  }
  std::map<std::vector<std::string>, size_t> groups;
  std::vector<std::vector<size_t>> grouped;
  for (const size_t file : files) {
    std::vector<std::string> key;
    // Empty text and null are the same value.
    for (const auto& name : names) {
      key.emplace_back(snapshot.files().partition_value(file, name).value_or(""));
    }
    const auto [group, added] = groups.try_emplace(std::move(key), grouped.size());
    if (added) grouped.emplace_back();
    grouped[group->second].push_back(file);
  }
  return grouped;
}

Status CommitRewrite(delta::Transaction& transaction, std::vector<size_t> removed,
                     std::vector<delta::AddFile> added, delta::Operation operation,
                     OptimizeOutcome& outcome, const CancelToken& token) {
  const delta::LiveFiles& files = transaction.snapshot()->files();
  for (const size_t file : removed) {
    ++outcome.removed_files;
    outcome.removed_bytes += files.size_bytes(file);
    const delta::FileExtras* extras = files.extras(file);
    if (extras != nullptr && extras->deletion_vector) ++outcome.removed_deletion_vectors;
  }
  const auto commit = [&]() -> Status {
    for (const auto& file : added) {
      ARROW_ASSIGN_OR_RAISE(const int64_t rows, RowsIn(file));
      ++outcome.added_files;
      outcome.added_bytes += file.size_bytes;
      outcome.rows += rows;
    }
    AddMetrics(outcome, operation);
    ARROW_RETURN_NOT_OK(transaction.RemoveFiles(removed, false));
    transaction.AddFiles(added);
    ARROW_ASSIGN_OR_RAISE(const auto committed, transaction.Commit(operation, token));
    outcome.version = committed.version;
    return Status::OK();
  };
  Status status = commit();
  if (status.ok()) return status;
  // Where the store failed, the commit may be there all the same.
  const ErrorCode code = CodeOf(status);
  const bool unknown = code == ErrorCode::kIo || code == ErrorCode::kUnavailable;
  const Status clean =
      unknown ? Status::OK() : delta::RemoveDataFiles(transaction.snapshot()->location(), added);
  return clean.ok() ? status : WithContext(status, clean.message());
}

std::shared_ptr<arrow::RecordBatchReader> CountRows(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                    std::function<void(int64_t)> on_rows) {
  return std::make_shared<CountingReader>(std::move(rows), std::move(on_rows));
}

}  // namespace deltaport::lake
