#include "lake/write/row_changes.h"

#include <algorithm>

#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/util/key_value_metadata.h>

#include "base/log.h"
#include "columnar/parquet_file.h"
#include "delta/live_files.h"
#include "delta/table_feature.h"
#include "engine/file_column.h"
#include "engine/query_sql.h"
#include "lake/write/file_rows.h"
#include "lake/write/retained_rows.h"
#include "lake/write/row_tracking_columns.h"
#include "storage/discarding_store.h"

namespace deltaport::lake {
namespace {

// Columns of every answer to a ChangeQuery.
constexpr int kFileColumn = 0;
constexpr int kRowColumn = 1;
constexpr int kChangeColumn = 2;
constexpr int kFirstNewColumn = 3;

const arrow::Int64Array& Integers(const arrow::RecordBatch& batch, int column) {
  return static_cast<const arrow::Int64Array&>(*batch.column(column));
}

const arrow::Int8Array& Changes(const arrow::RecordBatch& batch) {
  return static_cast<const arrow::Int8Array&>(*batch.column(kChangeColumn));
}

bool Is(const arrow::Int8Array& changes, int64_t row, RowChange change) {
  return changes.Value(row) == static_cast<int8_t>(change);
}

// The rows whose change is `change`, or with `others` all but those.
Result<std::shared_ptr<arrow::RecordBatch>> Select(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                   const arrow::Int8Array& changes,
                                                   RowChange change, bool others = false) {
  arrow::BooleanBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(changes.length()));
  int64_t kept = 0;
  for (int64_t i = 0; i < changes.length(); ++i) {
    const bool take = Is(changes, i, change) != others;
    builder.UnsafeAppend(take);
    kept += take ? 1 : 0;
  }
  if (kept == changes.length()) return batch;
  ARROW_ASSIGN_OR_RAISE(const auto mask, builder.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto filtered, arrow::compute::Filter(batch, mask));
  return filtered.record_batch();
}

// Whether rules treat rows that are new otherwise than rows that are changed.
bool ComputesColumns(const arrow::Schema& table) {
  return std::ranges::any_of(table.fields(), [](const auto& field) {
    return field->HasMetadata() && (field->metadata()->Contains("delta.generationExpression") ||
                                    field->metadata()->Contains("delta.identity.start"));
  });
}

std::shared_ptr<arrow::Schema> ColumnsOf(const arrow::Schema& table,
                                         const std::vector<int>& columns) {
  arrow::FieldVector fields;
  for (const int column : columns) fields.push_back(table.field(column)->WithNullable(true));
  return arrow::schema(std::move(fields));
}

// Rows that stood in the table lack its new columns.
delta::DataFileWriterOptions WriterOptions(const RowChangeOptions& options) {
  delta::DataFileWriterOptions files = options.files;
  if (options.change_schema) files.fill_missing = true;
  return files;
}

// Rows that are only counted are encoded for nowhere, so that the counts are those of a real write.
delta::DataFileTarget FileTarget(const RowChangeOptions& options, delta::DataFileTarget files) {
  if (!options.count_only) return files;
  files.location.store = std::make_shared<storage::DiscardingStore>(files.location.store);
  return files;
}

}  // namespace

RowChanges::RowChanges(engine::QueryEngine& engine, std::shared_ptr<const delta::Snapshot> snapshot,
                       const RowChangeOptions& options, const CancelToken& token,
                       delta::Transaction transaction, delta::DataFileTarget files)
    : engine_(engine),
      snapshot_(std::move(snapshot)),
      options_(options),
      token_(token),
      target_{engine, transaction.metadata(), FileTarget(options, std::move(files)),
              WriterOptions(options)},
      transaction_(std::move(transaction)),
      deleted_(options.positions_max_bytes),
      settled_(options.count_only) {}

Result<std::unique_ptr<RowChanges>> RowChanges::Start(
    engine::QueryEngine& engine, const std::shared_ptr<const delta::Snapshot>& snapshot,
    const RowChangeOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto transaction, delta::Transaction::Start(snapshot));
  if (options.change_schema) ARROW_RETURN_NOT_OK(options.change_schema(transaction));
  ARROW_ASSIGN_OR_RAISE(auto files, transaction.FileTarget());
  const delta::TableProperties properties = files.properties;
  const auto features = delta::WriterFeatures(snapshot->protocol());
  const bool has_vectors = std::ranges::count(features, "deletionVectors") > 0;
  if (options.method == DeletionMethod::kDeletionVectors && !has_vectors) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "table {}: it does not have the feature deletionVectors; set "
                 "delta.enableDeletionVectors to true, or copy files",
                 snapshot->location().path);
  }
  std::unique_ptr<RowChanges> changes(
      new RowChanges(engine, snapshot, options, token, std::move(transaction), std::move(files)));
  changes->change_feed_ = properties.change_data_feed;
  changes->vectors_ = options.method == DeletionMethod::kDeletionVectors ||
                      (options.method == DeletionMethod::kAsTable && has_vectors &&
                       properties.deletion_vectors_enabled);
  auto source = std::make_shared<engine::TableSource>();
  source->name = snapshot->location().path;
  source->files = snapshot;
  if (properties.row_tracking && properties.row_id_column) {
    changes->row_id_column_ = *properties.row_id_column;
    for (const auto& name : {properties.row_id_column, properties.row_commit_version_column}) {
      if (name) changes->file_columns_.push_back(engine::FileColumn(*name, arrow::int64()));
    }
    auto fields = snapshot->schema()->fields();
    std::ranges::copy(changes->file_columns_, std::back_inserter(fields));
    source->visible_schema = arrow::schema(std::move(fields));
  }
  changes->source_ = std::move(source);
  return changes;
}

RowChanges::~RowChanges() {
  // The sinks cancel their work, which removes what it wrote.
  for (auto& sink : new_rows_) sink.reset();
  old_rows_.reset();
  if (settled_) return;
  const Status removed = RemoveAllWritten();
  if (!removed.ok()) {
    log::Warning("files of a change that failed were left behind",
                 {{"table", snapshot_->location().path}, {"error", removed.message()}});
  }
}

Status RowChanges::Apply(const ChangeQuery& query, arrow::RecordBatchReader& rows) {
  ARROW_RETURN_NOT_OK(OpenSinks(query));
  while (true) {
    ARROW_RETURN_NOT_OK(token_.Check());
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows.Next());
    if (!batch) break;
    ARROW_RETURN_NOT_OK(ApplyBatch(query, batch));
  }
  return CloseSinks();
}

Status RowChanges::OpenSinks(const ChangeQuery& query) {
  if (options_.count_only) return Status::OK();
  if (query.old_rows) {
    old_rows_ = MakeChangeRowSink(target_, *snapshot_->schema(), token_);
  }
  const auto open = [&](const std::vector<int>& columns, std::string_view change_type,
                        bool row_ids) {
    RowTarget target = target_;
    target.rewrites_rows = change_type == "update_postimage";
    auto schema = ColumnsOf(*target_.files.schema, columns);
    if (row_ids) {
      target.options.extra_columns = {arrow::field(row_id_column_, arrow::int64())};
      auto fields = schema->fields();
      fields.push_back(target.options.extra_columns.front());
      schema = arrow::schema(std::move(fields));
    }
    return std::shared_ptr<RowSink>(MakeNewRowSink(
        target, std::move(schema), std::string(change_feed_ ? change_type : ""), token_));
  };
  auto& updates = new_rows_[static_cast<size_t>(RowChange::kUpdate)];
  auto& inserts = new_rows_[static_cast<size_t>(RowChange::kInsert)];
  if (query.updates) updates = open(query.update_columns, "update_postimage", query.row_ids);
  if (!query.inserts) return Status::OK();
  const bool together = updates && !change_feed_ && !query.row_ids &&
                        query.update_columns == query.insert_columns &&
                        !ComputesColumns(*target_.files.schema);
  inserts = together ? updates : open(query.insert_columns, "insert", false);
  return Status::OK();
}

Status RowChanges::ApplyBatch(const ChangeQuery& query,
                              const std::shared_ptr<arrow::RecordBatch>& batch) {
  ARROW_RETURN_NOT_OK(MarkDeleted(*batch));
  if (old_rows_) ARROW_RETURN_NOT_OK(WriteOldRows(query, *batch));
  const auto& updates = new_rows_[static_cast<size_t>(RowChange::kUpdate)];
  const auto& inserts = new_rows_[static_cast<size_t>(RowChange::kInsert)];
  if (updates && updates == inserts) return WriteNewRows(query, RowChange::kDelete, batch);
  if (updates) ARROW_RETURN_NOT_OK(WriteNewRows(query, RowChange::kUpdate, batch));
  return inserts ? WriteNewRows(query, RowChange::kInsert, batch) : Status::OK();
}

Status RowChanges::MarkDeleted(const arrow::RecordBatch& batch) {
  const auto& changes = Changes(batch);
  for (int64_t i = 0; i < changes.length(); ++i) {
    counts_.updated_rows += Is(changes, i, RowChange::kUpdate) ? 1 : 0;
    counts_.inserted_rows += Is(changes, i, RowChange::kInsert) ? 1 : 0;
  }
  const auto& files = Integers(batch, kFileColumn);
  const auto& rows = Integers(batch, kRowColumn);
  if (!options_.once) return deleted_.Add(files, rows);
  ARROW_ASSIGN_OR_RAISE(const auto repeated, deleted_.AddOnce(files, rows));
  return repeated ? RowChangedTwice(*repeated) : Status::OK();
}

Status RowChanges::RowChangedTwice(const RowPosition& position) {
  std::string columns = "1";
  for (const auto& name : options_.key_columns) {
    columns += fmt::format(", CAST({} AS VARCHAR)", engine::QuoteIdentifier(name));
  }
  engine::InternalQuery query;
  query.sql = fmt::format("SELECT {} FROM {} WHERE file_index = {} AND file_row_number = {}",
                          columns, kTargetInput, position.file, position.row);
  query.tables.emplace(kTargetInput, source_);
  ARROW_ASSIGN_OR_RAISE(const auto reader, engine_.ExecuteInternal(query, token_));
  ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
  std::string key;
  for (size_t i = 0; batch && batch->num_rows() > 0 && i < options_.key_columns.size(); ++i) {
    const auto& column =
        static_cast<const arrow::StringArray&>(*batch->column(static_cast<int>(i) + 1));
    key += fmt::format("{}{} = {}", i > 0 ? ", " : "", options_.key_columns[i],
                       column.IsNull(0) ? "NULL" : column.GetString(0));
  }
  return Error(ErrorCode::kInvalidArgument,
               "the row of the table with {} is matched by more than one row of the source; make "
               "the source's keys unique",
               key);
}

Status RowChanges::WriteOldRows(const ChangeQuery& query, const arrow::RecordBatch& batch) {
  const auto& changes = Changes(batch);
  arrow::StringBuilder types;
  for (int64_t i = 0; i < changes.length(); ++i) {
    ARROW_RETURN_NOT_OK(
        types.Append(Is(changes, i, RowChange::kUpdate) ? "update_preimage" : "delete"));
  }
  const auto first =
      batch.columns().begin() + kFirstNewColumn + static_cast<int>(query.new_columns.size());
  arrow::ArrayVector columns(first, first + snapshot_->schema()->num_fields());
  ARROW_ASSIGN_OR_RAISE(auto type_column, types.Finish());
  columns.push_back(std::move(type_column));
  const auto rows =
      arrow::RecordBatch::Make(old_rows_->schema(), batch.num_rows(), std::move(columns));
  ARROW_ASSIGN_OR_RAISE(auto selected, Select(rows, changes, RowChange::kInsert, /*others=*/true));
  return old_rows_->Write(std::move(selected));
}

// With kDelete: all rows but those.
Status RowChanges::WriteNewRows(const ChangeQuery& query, RowChange change,
                                const std::shared_ptr<arrow::RecordBatch>& batch) {
  const bool both = change == RowChange::kDelete;
  const auto& sink = new_rows_[static_cast<size_t>(both ? RowChange::kUpdate : change)];
  const auto& given = change == RowChange::kInsert ? query.insert_columns : query.update_columns;
  arrow::ArrayVector columns;
  for (const int column : given) {
    const auto found = std::ranges::find(query.new_columns, column);
    columns.push_back(
        batch->column(kFirstNewColumn + static_cast<int>(found - query.new_columns.begin())));
  }
  if (query.row_ids && change == RowChange::kUpdate) {
    ARROW_ASSIGN_OR_RAISE(auto row_ids, RowIds(*batch));
    columns.push_back(std::move(row_ids));
  }
  const auto rows = arrow::RecordBatch::Make(sink->schema(), batch->num_rows(), std::move(columns));
  ARROW_ASSIGN_OR_RAISE(auto selected, Select(rows, Changes(*batch), change, both));
  return sink->Write(std::move(selected));
}

Result<std::shared_ptr<arrow::Array>> RowChanges::RowIds(const arrow::RecordBatch& batch) const {
  return StableRowIds(Integers(batch, batch.num_columns() - 1), Integers(batch, kFileColumn),
                      Integers(batch, kRowColumn), snapshot_->files());
}

void RowChanges::Take(WrittenRows written) {
  std::ranges::move(written.files, std::back_inserter(written_.files));
  std::ranges::move(written.change_files, std::back_inserter(written_.change_files));
  if (written.metadata) written_.metadata = std::move(written.metadata);
}

Status RowChanges::CloseSinks() {
  if (old_rows_) {
    ARROW_ASSIGN_OR_RAISE(auto written, old_rows_->Finish());
    Take(std::move(written));
    old_rows_.reset();
  }
  for (size_t i = 0; i < new_rows_.size(); ++i) {
    const auto sink = std::exchange(new_rows_[i], nullptr);
    if (!sink) continue;
    for (auto& other : new_rows_) {
      if (other == sink) other.reset();
    }
    ARROW_ASSIGN_OR_RAISE(auto written, sink->Finish());
    Take(std::move(written));
  }
  return Status::OK();
}

int64_t RowChanges::RowsDeletedBefore(size_t file) const {
  const auto* extras = snapshot_->files().extras(file);
  return extras && extras->deletion_vector ? extras->deletion_vector->cardinality : 0;
}

Result<int64_t> RowChanges::PhysicalRows(size_t file) const {
  if (const auto rows = snapshot_->files().record_count(file)) return *rows;
  ARROW_ASSIGN_OR_RAISE(
      const auto parquet,
      columnar::ParquetFile::Open(*snapshot_->location().store, snapshot_->FilePath(file)));
  return parquet->rows();
}

Status RowChanges::InsertRows(std::shared_ptr<arrow::RecordBatchReader> rows,
                              std::vector<RowCheck> checks) {
  RowTarget target = target_;
  target.checks = std::move(checks);
  ARROW_ASSIGN_OR_RAISE(
      auto written, WriteRowFiles(target, std::move(rows), change_feed_ ? "insert" : "", token_));
  counts_.inserted_rows += written.rows;
  Take(std::move(written));
  return Status::OK();
}

Status RowChanges::DeleteFiles(std::span<const size_t> files) {
  for (const size_t file : files) {
    ARROW_ASSIGN_OR_RAISE(const int64_t rows, PhysicalRows(file));
    counts_.deleted_rows += rows - RowsDeletedBefore(file);
  }
  return DropFiles(files);
}

Status RowChanges::DropFiles(std::span<const size_t> files) {
  for (const size_t file : files) {
    ++counts_.removed_files;
    counts_.removed_bytes += snapshot_->files().size_bytes(file);
    if (RowsDeletedBefore(file) > 0) ++counts_.vectors_removed;
  }
  return transaction_.RemoveFiles(files);
}

Result<RowChangeCounts> RowChanges::Finish() {
  counts_.deleted_rows += deleted_.cardinality() - counts_.updated_rows;
  const bool only_files_added = deleted_.files().empty();
  ARROW_RETURN_NOT_OK(FinishDeletions());
  if (only_files_added && !written_.change_files.empty()) {
    // Rows of files that are new as a whole are changes by themselves.
    WrittenRows changes;
    changes.change_files = std::exchange(written_.change_files, {});
    ARROW_RETURN_NOT_OK(RemoveWritten(target_.files.location, changes));
  }
  for (const auto& file : written_.files) {
    ++counts_.added_files;
    counts_.added_bytes += file.size_bytes;
  }
  counts_.change_files = static_cast<int64_t>(written_.change_files.size());
  transaction_.RowRulesApplied();
  if (written_.metadata) ARROW_RETURN_NOT_OK(transaction_.SetMetadata(*written_.metadata));
  transaction_.AddFiles(written_.files);
  transaction_.AddChangeFiles(written_.change_files);
  return counts_;
}

Status RowChanges::FinishDeletions() {
  std::vector<size_t> emptied, touched;
  for (const auto& [file, deleted] : deleted_.files()) {
    ARROW_ASSIGN_OR_RAISE(const int64_t rows, PhysicalRows(file));
    const int64_t gone = RowsDeletedBefore(file) + deleted.cardinality();
    (gone >= rows ? emptied : touched).push_back(file);
  }
  ARROW_RETURN_NOT_OK(DropFiles(emptied));
  if (touched.empty() || options_.count_only) return Status::OK();
  return vectors_ ? WriteVectors(touched) : Rewrite(touched);
}

Status RowChanges::WriteVectors(const std::vector<size_t>& files) {
  const auto& table = snapshot_->location();
  ARROW_ASSIGN_OR_RAISE(auto writer, delta::DeletionVectorWriter::Create(table));
  std::vector<delta::DeletionVectorDescriptor> descriptors;
  for (const size_t file : files) {
    ARROW_RETURN_NOT_OK(token_.Check());
    delta::DeletedRows all = deleted_.files().at(file);
    const auto* extras = snapshot_->files().extras(file);
    if (extras && extras->deletion_vector) {
      ARROW_ASSIGN_OR_RAISE(const auto before,
                            delta::ReadDeletionVector(table, *extras->deletion_vector));
      all.Union(*before);
      ++counts_.vectors_updated;
    } else {
      ++counts_.vectors_added;
    }
    ARROW_ASSIGN_OR_RAISE(auto descriptor, writer.Append(all));
    descriptors.push_back(std::move(descriptor));
  }
  vector_paths_.push_back(writer.path());
  ARROW_RETURN_NOT_OK(writer.Close());
  for (size_t i = 0; i < files.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const int64_t rows, PhysicalRows(files[i]));
    ARROW_RETURN_NOT_OK(
        transaction_.ReplaceDeletionVector(files[i], descriptors[i], /*data_change=*/true, rows));
  }
  return Status::OK();
}

Status RowChanges::Rewrite(const std::vector<size_t>& files) {
  RowTarget target = target_;
  for (const auto& field : file_columns_) {
    target.options.extra_columns.push_back(arrow::field(field->name(), field->type()));
  }
  ARROW_ASSIGN_OR_RAISE(
      auto scan, ReadFileRows(engine_, snapshot_, target.options.extra_columns, files, token_));
  RetainedRows rows(std::move(scan), &deleted_, snapshot_->files(), file_columns_.size());
  WrittenRows written;
  ARROW_ASSIGN_OR_RAISE(written.files,
                        delta::WriteDataFiles(target.files, rows, target.options, token_));
  counts_.copied_rows += rows.rows();
  Take(std::move(written));
  return DropFiles(files);
}

Result<delta::CommitOutcome> RowChanges::Commit(const delta::Operation& operation) {
  auto outcome = transaction_.Commit(operation, token_);
  if (outcome.ok()) {
    settled_ = true;
    return outcome;
  }
  // With an error of the store it is not certain that there is no commit.
  const ErrorCode code = CodeOf(outcome.status());
  settled_ =
      code == ErrorCode::kIo || code == ErrorCode::kUnavailable || code == ErrorCode::kInternal;
  return outcome;
}

Status RowChanges::RemoveAllWritten() {
  Status first = RemoveWritten(snapshot_->location(), written_);
  for (const auto& path : vector_paths_) {
    const Status status = snapshot_->location().store->Remove(path);
    if (first.ok()) first = status;
  }
  return first;
}

}  // namespace deltaport::lake
