#include "delta/checkpoint_writer.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "columnar/json_document.h"
#include "columnar/parquet_writer.h"
#include "delta/checkpoint_batch.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/tombstones.h"
#include "storage/unsynced_put.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

// One row group at most.
constexpr int64_t kGroupRows = 64 * 1024;
constexpr int64_t kGroupBytes = int64_t{32} << 20;
// Readers take sidecars in parallel; a small table has one.
constexpr int64_t kSidecarActions = 250'000;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// One file of a checkpoint. It appears when it is closed.
class CheckpointFile {
 public:
  static Result<std::unique_ptr<CheckpointFile>> Create(storage::ObjectStore& store,
                                                        const std::string& path,
                                                        CheckpointFileKind kind,
                                                        const CheckpointColumns& columns) {
    std::unique_ptr<CheckpointFile> file(new CheckpointFile);
    ARROW_ASSIGN_OR_RAISE(file->rows_, CheckpointBatchBuilder::Make(kind, columns));
    ARROW_ASSIGN_OR_RAISE(
        file->writer_, columnar::ParquetWriter::Create(
                           store, path, file->rows_->schema(),
                           columnar::ParquetWriterOptions{columnar::ParquetCompression::kSnappy}));
    return file;
  }

  int64_t actions() const { return actions_; }

  template <typename Action>
  Status Append(const Action& action) {
    ARROW_RETURN_NOT_OK(rows_->Append(action));
    return Appended();
  }
  Status AppendAdd(const FileBlock& block, int64_t row) {
    ARROW_RETURN_NOT_OK(rows_->AppendAdd(block, row));
    return Appended();
  }

  // The size in bytes.
  Result<int64_t> Close() {
    ARROW_RETURN_NOT_OK(Flush());
    return writer_->Close();
  }

 private:
  CheckpointFile() = default;

  Status Appended() {
    ++actions_;
    return rows_->rows() >= kGroupRows || rows_->size_bytes() >= kGroupBytes ? Flush()
                                                                             : Status::OK();
  }

  Status Flush() {
    if (rows_->rows() == 0) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto batch, rows_->Finish());
    return writer_->WriteRowGroup({std::move(batch)});
  }

  std::unique_ptr<CheckpointBatchBuilder> rows_;
  std::unique_ptr<columnar::ParquetWriter> writer_;
  int64_t actions_ = 0;
};

std::shared_ptr<arrow::DataType> PartitionValuesType(const Snapshot& snapshot) {
  arrow::FieldVector fields;
  const arrow::Schema& schema = *snapshot.schema();
  for (const auto& name : snapshot.partition_columns()) {
    const int column = schema.GetFieldIndex(name);
    fields.push_back(arrow::field(snapshot.PhysicalName(column), schema.field(column)->type()));
  }
  return fields.empty() ? nullptr : arrow::struct_(fields);
}

class CheckpointWriter {
 public:
  CheckpointWriter(const Snapshot& snapshot, const CheckpointOptions& options)
      : snapshot_(snapshot),
        options_(options),
        store_(*snapshot.location().store),
        path_(options.v2 ? UuidCheckpointPath(snapshot.location().path, snapshot.version(),
                                              storage::RandomUuid())
                         : CheckpointPath(snapshot.location().path, snapshot.version())) {
    for (const auto& name : snapshot.partition_columns()) {
      const int column = snapshot.schema()->GetFieldIndex(name);
      columns_.partition_columns.push_back(snapshot.PhysicalName(column));
    }
    columns_.statistics_json = options.statistics_json;
    if (options.statistics_struct) {
      columns_.statistics = StatisticsType(snapshot, options.statistics_columns);
      columns_.partition_values = PartitionValuesType(snapshot);
    }
    outcome_.version = snapshot.version();
    outcome_.add_files = static_cast<int64_t>(snapshot.files().size());
  }

  Result<CheckpointOutcome> Write() {
    ARROW_ASSIGN_OR_RAISE(tombstones_, ReadTombstones(snapshot_.location(), snapshot_.version()));
    const auto expired = [&](const RemoveFile& remove) {
      return remove.deletion_timestamp_ms.value_or(0) <= options_.tombstones_after_ms;
    };
    tombstones_.erase(std::remove_if(tombstones_.begin(), tombstones_.end(), expired),
                      tombstones_.end());
    ARROW_RETURN_NOT_OK(options_.v2 ? WriteV2() : WriteClassic());
    ARROW_RETURN_NOT_OK(WriteHint());
    return outcome_;
  }

 private:
  Status WriteClassic() {
    ARROW_ASSIGN_OR_RAISE(
        const auto file,
        CheckpointFile::Create(store_, path_, CheckpointFileKind::kClassic, columns_));
    ARROW_RETURN_NOT_OK(AppendTableActions(*file));
    ARROW_RETURN_NOT_OK(ForEachFileAction([&](auto append) { return append(*file); }));
    return Finish(*file);
  }

  Status WriteV2() {
    std::vector<SidecarFile> sidecars;
    ARROW_RETURN_NOT_OK(WriteSidecars(sidecars));
    ARROW_ASSIGN_OR_RAISE(
        const auto file,
        CheckpointFile::Create(store_, path_, CheckpointFileKind::kV2Main, columns_));
    CheckpointMetadata metadata;
    metadata.version = snapshot_.version();
    metadata.tags = {{"sidecarNumActions", fmt::format("{}", outcome_.actions)},
                     {"sidecarSizeInBytes", fmt::format("{}", outcome_.size_bytes)},
                     {"numOfAddFiles", fmt::format("{}", outcome_.add_files)}};
    ARROW_RETURN_NOT_OK(file->Append(metadata));
    ARROW_RETURN_NOT_OK(AppendTableActions(*file));
    for (const auto& sidecar : sidecars) ARROW_RETURN_NOT_OK(file->Append(sidecar));
    return Finish(*file);
  }

  Status WriteSidecars(std::vector<SidecarFile>& sidecars) {
    std::unique_ptr<CheckpointFile> file;
    const auto close = [&]() -> Status {
      if (!file) return Status::OK();
      ARROW_ASSIGN_OR_RAISE(sidecars.back().size_bytes, file->Close());
      sidecars.back().modification_time_ms = NowMs();
      outcome_.actions += file->actions();
      outcome_.size_bytes += sidecars.back().size_bytes;
      file = nullptr;
      return Status::OK();
    };
    ARROW_RETURN_NOT_OK(ForEachFileAction([&](auto append) -> Status {
      if (file && file->actions() >= kSidecarActions) ARROW_RETURN_NOT_OK(close());
      if (!file) {
        sidecars.push_back({storage::RandomUuid() + ".parquet", 0, 0});
        const std::string path = SidecarPath(snapshot_.location().path, sidecars.back().name);
        ARROW_ASSIGN_OR_RAISE(
            file, CheckpointFile::Create(store_, path, CheckpointFileKind::kSidecar, columns_));
      }
      return append(*file);
    }));
    ARROW_RETURN_NOT_OK(close());
    outcome_.sidecars = static_cast<int64_t>(sidecars.size());
    return Status::OK();
  }

  // Everything but files.
  Status AppendTableActions(CheckpointFile& file) const {
    ARROW_RETURN_NOT_OK(file.Append(snapshot_.protocol()));
    ARROW_RETURN_NOT_OK(file.Append(snapshot_.metadata()));
    for (const auto& [application, transaction] : snapshot_.transactions()) {
      const bool expired = options_.transactions_after_ms && transaction.last_updated_ms &&
                           *transaction.last_updated_ms <= *options_.transactions_after_ms;
      if (!expired) ARROW_RETURN_NOT_OK(file.Append(transaction));
    }
    for (const auto& [name, domain] : snapshot_.domains()) {
      ARROW_RETURN_NOT_OK(file.Append(domain));
    }
    return Status::OK();
  }

  // Calls visit(append) for each live file and tombstone; append(file) adds it to that file.
  template <typename Visit>
  Status ForEachFileAction(Visit&& visit) const {
    for (const auto& part : snapshot_.files().parts()) {
      for (size_t i = 0; i < part.size(); ++i) {
        ARROW_RETURN_NOT_OK(
            visit([&](CheckpointFile& file) { return file.AppendAdd(*part.block, part.row(i)); }));
      }
    }
    for (const auto& remove : tombstones_) {
      ARROW_RETURN_NOT_OK(visit([&](CheckpointFile& file) { return file.Append(remove); }));
    }
    return Status::OK();
  }

  Status Finish(CheckpointFile& file) {
    ARROW_ASSIGN_OR_RAISE(const int64_t size_bytes, file.Close());
    outcome_.actions += file.actions();
    outcome_.size_bytes += size_bytes;
    return Status::OK();
  }

  // The version that the hint names now, if that version exists.
  std::optional<TableVersion> HintedVersion() const {
    const auto bytes = store_.Read(LastCheckpointPath(snapshot_.location().path));
    if (!bytes.ok()) return std::nullopt;
    const auto document = columnar::JsonDocument::Parse(std::string_view(**bytes));
    const auto version = document.ok() ? document->root()["version"].integer() : std::nullopt;
    if (!version || *version <= snapshot_.version()) return version;
    const auto commit = store_.Head(CommitPath(snapshot_.location().path, *version));
    return commit.ok() ? version : std::nullopt;
  }

  Status WriteHint() const {
    if (HintedVersion().value_or(-1) > snapshot_.version()) return Status::OK();
    // Without it, or with an empty one, readers list the whole log.
    return storage::PutUnsynced(
        store_, LastCheckpointPath(snapshot_.location().path),
        fmt::format(R"({{"version":{},"size":{},"sizeInBytes":{},)"
                    R"("numOfAddFiles":{}}})",
                    outcome_.version, outcome_.actions, outcome_.size_bytes, outcome_.add_files),
        storage::IfExists::kReplace);
  }

  const Snapshot& snapshot_;
  const CheckpointOptions& options_;
  storage::ObjectStore& store_;
  const std::string path_;
  CheckpointColumns columns_;
  std::vector<RemoveFile> tombstones_;
  CheckpointOutcome outcome_;
};

}  // namespace

Result<CheckpointOutcome> WriteCheckpointFiles(const Snapshot& snapshot,
                                               const CheckpointOptions& options) {
  auto outcome = CheckpointWriter(snapshot, options).Write();
  if (outcome.ok()) return outcome;
  return WithContext(outcome.status(), fmt::format("table {}: checkpoint of version {}",
                                                   snapshot.location().path, snapshot.version()));
}

}  // namespace deltaport::delta
