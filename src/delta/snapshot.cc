#include "delta/snapshot.h"

#include <mutex>
#include <set>

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "delta/checksum_reader.h"
#include "delta/commit_timestamp.h"
#include "delta/deletion_vector.h"
#include "delta/file_statistics.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/log_replay.h"
#include "delta/log_segment.h"
#include "delta/snapshot_after_commit.h"
#include "delta/snapshot_view.h"
#include "delta/table_feature.h"
#include "delta/table_state_reader.h"
#include "delta/type_change.h"
#include "storage/uri.h"

namespace deltaport::delta {

struct Snapshot::State {
  storage::Location location;
  TableVersion version = 0;
  int64_t timestamp_ms = 0;
  TableState table;
  std::optional<storage::ObjectInfo> commit_file;  // Of this version; absent if cleaned up.

  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> physical_names;
  std::vector<bool> is_partition_column;

  std::once_flag row_count_once;
  std::optional<int64_t> row_count;
  std::mutex statistics_lock;
  std::map<int, std::shared_ptr<const ColumnStatistics>> statistics;
};

namespace {

std::string Setting(const Metadata& metadata, const std::string& name) {
  const auto found = metadata.configuration.find(name);
  return found == metadata.configuration.end() ? std::string() : found->second;
}

Result<std::vector<std::string>> PhysicalNamesOf(const arrow::Schema& schema,
                                                 const Metadata& metadata) {
  const std::string mode = Setting(metadata, "delta.columnMapping.mode");
  const bool mapped = mode == "name" || mode == "id";
  if (!mapped && !mode.empty() && mode != "none") {
    return Error(ErrorCode::kUnsupportedFeature,
                 "the table feature columnMapping has the mode '{}', which is not supported", mode);
  }
  std::vector<std::string> names;
  for (const auto& field : schema.fields()) {
    names.push_back(field->name());
    if (!mapped) continue;
    const auto physical = field->metadata() ? field->metadata()->Get(columnar::kPhysicalNameKey)
                                            : Error(ErrorCode::kNotFound, "no metadata");
    if (!physical.ok()) {
      return Error(ErrorCode::kCorruptTable, "column '{}' has no {}, but column mapping is on",
                   field->name(), columnar::kPhysicalNameKey);
    }
    names.back() = *physical;
  }
  return names;
}

Result<std::vector<bool>> MarkPartitionColumns(const arrow::Schema& schema,
                                               const std::vector<std::string>& names) {
  std::vector<bool> marks(static_cast<size_t>(schema.num_fields()), false);
  for (const auto& name : names) {
    const int column = schema.GetFieldIndex(name);
    if (column < 0) {
      return Error(ErrorCode::kCorruptTable, "the partition column '{}' is not in the schema",
                   name);
    }
    if (arrow::is_nested(schema.field(column)->type()->id())) {
      return Error(ErrorCode::kCorruptTable, "the partition column '{}' has the nested type {}",
                   name, columnar::DeltaTypeName(*schema.field(column)->type()));
    }
    marks[static_cast<size_t>(column)] = true;
  }
  return marks;
}

// What depends on the files: data files and deletion vectors of other stores.
Status CheckFiles(const storage::Location& location, const LiveFiles& files) {
  for (const auto& part : files.parts()) {
    for (const int64_t row : part.block->unusual_rows()) {
      if (!part.Contains(row)) continue;
      const std::string_view path = part.block->path(row);
      const std::string scheme = storage::UriScheme(path);
      if (!scheme.empty() && scheme != location.store->scheme()) {
        return Error(ErrorCode::kUnsupportedFeature, "the file {} is not in the table's own store",
                     path);
      }
      const FileExtras* extras = part.block->extras(row);
      if (extras == nullptr || !extras->deletion_vector) continue;
      const Status vector = DeletionVectorPath(location, *extras->deletion_vector).status();
      if (!vector.ok()) return WithContext(vector, path);
    }
  }
  return Status::OK();
}

}  // namespace

// Turns replayed state into a snapshot, checking that it can be read.
class SnapshotBuilder {
 public:
  static Result<std::shared_ptr<const Snapshot>> Build(
      const storage::Location& location, TableVersion version, TableState table,
      const std::optional<CommitFile>& commit, std::optional<int64_t> previous_timestamp_ms) {
    auto state = std::make_unique<Snapshot::State>();
    state->location = location;
    state->version = version;
    state->table = std::move(table);
    const Status status = Complete(*state);
    if (!status.ok()) {
      return WithContext(status, fmt::format("table {}, version {}", location.path, version));
    }
    if (commit && !commit->compacted_from) state->commit_file = commit->file;
    const auto in_commit = state->table.in_commit_timestamp_ms;
    if (UsesInCommitTimestamps(state->table.metadata.value()) && in_commit) {
      state->timestamp_ms = *in_commit;
    } else if (commit) {
      state->timestamp_ms = commit->file.modified_ms;
      if (previous_timestamp_ms) {
        state->timestamp_ms = std::max(state->timestamp_ms, *previous_timestamp_ms + 1);
      }
    }
    return std::shared_ptr<const Snapshot>(new Snapshot(std::move(state)));
  }

  static Result<std::shared_ptr<const Snapshot>> Read(const storage::Location& location,
                                                      std::optional<TableVersion> at) {
    // Whoever cleans up the log meanwhile takes files away that were listed; others stand in.
    constexpr int kListingsMax = 3;
    for (int listings = 1;; ++listings) {
      ARROW_ASSIGN_OR_RAISE(LogSegment segment, FindLogSegment(location, at));
      auto snapshot = ReadSegment(location, segment);
      if (snapshot.ok() || CodeOf(snapshot.status()) != ErrorCode::kNotFound) return snapshot;
      if (listings < kListingsMax) continue;
      return Error(ErrorCode::kCorruptTable, "table {}: a file of its log cannot be found: {}",
                   location.path, snapshot.status().message());
    }
  }

  // The state of a version, checked against the version's checksum if there is one.
  static Status Check(const storage::Location& location,
                      const std::optional<storage::ObjectInfo>& file, TableState& table) {
    if (!file) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto checksum, ReadChecksum(*location.store, file->path));
    if (!checksum) return Status::OK();
    if (!table.in_commit_timestamp_ms) {
      table.in_commit_timestamp_ms = checksum->in_commit_timestamp_ms;
    }
    return CheckState(*checksum, table, file->path);
  }

  // `commit` is the one after `base`; null for the first of a table.
  static Result<std::shared_ptr<const Snapshot>> Follow(const storage::Location& location,
                                                        const Snapshot* base, CommitFile commit,
                                                        std::vector<Action> actions) {
    LogReplay replay;
    ARROW_RETURN_NOT_OK(replay.AddCommit(std::move(actions)));
    ARROW_ASSIGN_OR_RAISE(TableState table,
                          replay.Finish(base == nullptr ? nullptr : &base->state_->table));
    const auto previous = base == nullptr ? std::nullopt : std::optional(base->timestamp_ms());
    const TableVersion version = commit.version;
    return Build(location, version, std::move(table), std::move(commit), previous);
  }

  static Result<std::shared_ptr<const Snapshot>> View(const Snapshot& table,
                                                      const ViewColumns& columns,
                                                      std::vector<ViewFile> files) {
    auto state = std::make_unique<Snapshot::State>();
    state->location = table.location();
    state->version = table.version();
    state->timestamp_ms = table.timestamp_ms();
    state->table.protocol = table.protocol();
    state->table.metadata = table.metadata();
    state->schema = table.schema();
    state->physical_names = table.state_->physical_names;
    state->is_partition_column = table.state_->is_partition_column;
    for (const auto* more : {&columns.stored, &columns.constants}) {
      for (const auto& field : *more) {
        ARROW_RETURN_NOT_OK(AddColumn(field, more == &columns.constants, *state));
      }
    }
    FileBlockBuilder builder;
    for (auto& file : files) {
      ARROW_RETURN_NOT_OK(DecodeFilePath(file.file.path).status());
      for (size_t i = 0; i < columns.constants.size(); ++i) {
        file.file.partition_values[columns.constants[i]->name()] = std::move(file.constants[i]);
      }
      ARROW_RETURN_NOT_OK(builder.Append(file.file));
    }
    ARROW_ASSIGN_OR_RAISE(const auto block, builder.Finish());
    state->table.files = LiveFiles::Of({{block, nullptr, 0}});
    ARROW_RETURN_NOT_OK(CheckFiles(state->location, state->table.files));
    return std::shared_ptr<const Snapshot>(new Snapshot(std::move(state)));
  }

 private:
  static Result<std::shared_ptr<const Snapshot>> ReadSegment(const storage::Location& location,
                                                             LogSegment& segment) {
    ARROW_ASSIGN_OR_RAISE(TableState table, ReadTableState(location, segment));
    ARROW_RETURN_NOT_OK(Check(location, segment.checksum, table));
    const auto times = CommitFileTimes(segment.commits);
    const auto previous = times.size() > 1 ? std::optional(times[times.size() - 2]) : std::nullopt;
    std::optional<CommitFile> commit = segment.last_commit;
    // Without its commit file, the version is not younger than what stands in for it.
    if (!commit && !segment.commits.empty()) commit = segment.commits.back();
    if (!commit) {
      const auto& checkpoint = *segment.checkpoint;
      commit = {checkpoint.version, checkpoint.parts.front(), checkpoint.version};
    }
    return Build(location, segment.version, std::move(table), commit, previous);
  }

  static Status AddColumn(const std::shared_ptr<arrow::Field>& field, bool constant,
                          Snapshot::State& state) {
    if (state.schema->GetFieldIndex(field->name()) >= 0) {
      return Error(ErrorCode::kInvalidArgument,
                   "table {}: it has a column '{}' of its own, so none of that name can be added",
                   state.location.path, field->name());
    }
    ARROW_ASSIGN_OR_RAISE(state.schema, state.schema->AddField(state.schema->num_fields(), field));
    state.physical_names.push_back(field->name());
    state.is_partition_column.push_back(constant);
    if (constant) state.table.metadata->partition_columns.push_back(field->name());
    return Status::OK();
  }

  static Status Complete(Snapshot::State& state) {
    if (!state.table.protocol) {
      return Error(ErrorCode::kCorruptTable, "the log holds no protocol action");
    }
    ARROW_RETURN_NOT_OK(CheckReadable(*state.table.protocol));
    if (!state.table.metadata) {
      return Error(ErrorCode::kCorruptTable, "the log holds no metaData action");
    }
    const Metadata& metadata = *state.table.metadata;
    if (metadata.format_provider != "parquet") {
      return Error(ErrorCode::kUnsupportedFeature, "the data format '{}' is not supported",
                   metadata.format_provider);
    }
    ARROW_ASSIGN_OR_RAISE(state.schema, columnar::SchemaFromDeltaJson(metadata.schema_string));
    ARROW_RETURN_NOT_OK(CheckTypeChanges(*state.schema));
    ARROW_ASSIGN_OR_RAISE(state.physical_names, PhysicalNamesOf(*state.schema, metadata));
    ARROW_ASSIGN_OR_RAISE(state.is_partition_column,
                          MarkPartitionColumns(*state.schema, metadata.partition_columns));
    return CheckFiles(state.location, state.table.files);
  }
};

Result<std::shared_ptr<const Snapshot>> SnapshotAfterCommit(const storage::Location& location,
                                                            const Snapshot* base,
                                                            TableVersion version,
                                                            std::vector<Action> actions) {
  if (version != (base == nullptr ? 0 : base->version() + 1)) {
    return Error(ErrorCode::kInternal, "table {}: version {} does not follow on the snapshot",
                 location.path, version);
  }
  ARROW_ASSIGN_OR_RAISE(storage::ObjectInfo file,
                        location.store->Head(CommitPath(location.path, version)));
  return SnapshotBuilder::Follow(location, base, CommitFile{version, std::move(file)},
                                 std::move(actions));
}

Result<std::shared_ptr<const Snapshot>> MakeView(const Snapshot& table, const ViewColumns& columns,
                                                 std::vector<ViewFile> files) {
  return SnapshotBuilder::View(table, columns, std::move(files));
}

Snapshot::Snapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}
Snapshot::~Snapshot() = default;

Result<std::shared_ptr<const Snapshot>> Snapshot::Open(const storage::Location& location,
                                                       const TimeTravel& at) {
  if (const auto* exact = std::get_if<AtVersion>(&at)) {
    return SnapshotBuilder::Read(location, exact->version);
  }
  const auto* instant = std::get_if<AtTimestamp>(&at);
  if (instant == nullptr) return SnapshotBuilder::Read(location, std::nullopt);
  ARROW_ASSIGN_OR_RAISE(const Metadata metadata, ReadTimeTravelMetadata(location));
  ARROW_ASSIGN_OR_RAISE(const TableVersion version,
                        FindVersionAt(location, metadata, instant->timestamp_ms));
  return SnapshotBuilder::Read(location, version);
}

bool Snapshot::IsLatest() const {
  if (!state_->commit_file) return false;
  const auto& store = *state_->location.store;
  const auto next = store.Head(CommitPath(state_->location.path, state_->version + 1));
  return !next.ok() && CodeOf(next.status()) == ErrorCode::kNotFound;
}

Result<std::shared_ptr<const Snapshot>> Snapshot::Refresh() const {
  const auto own = state_->commit_file ? state_->location.store->Head(state_->commit_file->path)
                                       : Result<storage::ObjectInfo>(storage::ObjectInfo());
  const bool same_log =
      !state_->commit_file || (own.ok() && own->modified_ms == state_->commit_file->modified_ms &&
                               own->size_bytes == state_->commit_file->size_bytes);
  // Cleaned up below us, or another table in the same place: start afresh.
  if (!same_log) return Open(state_->location);
  if (IsLatest()) return shared_from_this();
  const auto added = ListNewCommits(state_->location, state_->version);
  if (!added.ok()) return Open(state_->location);
  if (added->commits.empty()) return shared_from_this();
  ARROW_ASSIGN_OR_RAISE(TableState table,
                        ExtendTableState(state_->location, added->commits, state_->table));
  ARROW_RETURN_NOT_OK(SnapshotBuilder::Check(state_->location, added->checksum, table));
  const auto times = CommitFileTimes(added->commits);
  const int64_t previous = times.size() > 1 ? times[times.size() - 2] : state_->timestamp_ms;
  return SnapshotBuilder::Build(state_->location, added->commits.back().version, std::move(table),
                                added->commits.back(), previous);
}

const storage::Location& Snapshot::location() const { return state_->location; }
TableVersion Snapshot::version() const { return state_->version; }
int64_t Snapshot::timestamp_ms() const { return state_->timestamp_ms; }
const Protocol& Snapshot::protocol() const { return *state_->table.protocol; }
const Metadata& Snapshot::metadata() const { return *state_->table.metadata; }
const std::shared_ptr<arrow::Schema>& Snapshot::schema() const { return state_->schema; }
const LiveFiles& Snapshot::files() const { return state_->table.files; }

const std::vector<std::string>& Snapshot::partition_columns() const {
  return state_->table.metadata->partition_columns;
}

bool Snapshot::IsPartitionColumn(int column) const {
  return state_->is_partition_column[static_cast<size_t>(column)];
}

const std::string& Snapshot::PhysicalName(int column) const {
  return state_->physical_names[static_cast<size_t>(column)];
}

std::string Snapshot::FilePath(size_t file) const {
  const std::string_view path = files().path(file);
  // Replay refused every path that cannot be decoded.
  std::string decoded = DecodeFilePath(path).ValueOr(std::string(path));
  if (decoded.starts_with('/')) return decoded;
  const std::string& root = state_->location.path;
  return fmt::format("{}/{}", root == "/" ? "" : root, decoded);
}

std::optional<int64_t> Snapshot::RowCount() const {
  std::call_once(state_->row_count_once, [this] { state_->row_count = files().total_row_count(); });
  return state_->row_count;
}

Result<std::shared_ptr<const ColumnStatistics>> Snapshot::Statistics(int column) const {
  const std::lock_guard guard(state_->statistics_lock);
  auto& kept = state_->statistics[column];
  if (!kept) {
    ARROW_ASSIGN_OR_RAISE(
        kept, ReadStatistics(files(), PhysicalName(column), schema()->field(column)->type()));
  }
  return kept;
}

Result<std::shared_ptr<arrow::Array>> Snapshot::PartitionValues(int column) const {
  if (!IsPartitionColumn(column)) {
    return Error(ErrorCode::kInternal, "column '{}' is not a partition column",
                 schema()->field(column)->name());
  }
  return ReadPartitionValues(files(), PhysicalName(column), *schema()->field(column));
}

std::optional<int64_t> Snapshot::TransactionVersion(const std::string& application_id) const {
  const auto found = state_->table.transactions.find(application_id);
  if (found == state_->table.transactions.end()) return std::nullopt;
  return found->second.version;
}

const std::map<std::string, SetTransaction>& Snapshot::transactions() const {
  return state_->table.transactions;
}

const std::map<std::string, DomainMetadata>& Snapshot::domains() const {
  return state_->table.domains;
}

}  // namespace deltaport::delta
