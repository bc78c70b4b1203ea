#include "lake/upkeep/vacuum.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>

#include "delta/action_json.h"
#include "delta/deletion_vector.h"
#include "delta/file_block.h"
#include "delta/log_segment.h"
#include "delta/partition_path.h"
#include "delta/snapshot.h"
#include "delta/table_properties.h"
#include "delta/tombstones.h"
#include "delta/transaction.h"
#include "lake/upkeep/referenced_files.h"
#include "storage/directory_walk.h"

namespace deltaport::lake {
namespace {

// Paths that wait for their removal; a larger garbage heap takes several rounds.
constexpr size_t kRoundFilesMax = 1'000'000;
// Between two looks at the log for files that came back to life.
constexpr size_t kRemovalsPerLook = 1'000;
constexpr std::string_view kChangeData = "_change_data";
constexpr size_t kTemporaryNameBytes = sizeof(".12345678-1234-1234-1234-123456789012.tmp") - 1;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool Hidden(std::string_view name) { return name.starts_with('_') || name.starts_with('.'); }

// What a writer of ours leaves behind when its process dies.
bool OwnTemporary(std::string_view name) {
  return name.size() == kTemporaryNameBytes && name.starts_with('.') && name.ends_with(".tmp");
}

// Which parts of a table's folder may hold files of the table.
class TableFolder {
 public:
  explicit TableFolder(const delta::Snapshot& snapshot) : table_(snapshot.location()) {
    const auto& schema = *snapshot.schema();
    for (int i = 0; i < schema.num_fields(); ++i) {
      if (!snapshot.IsPartitionColumn(i)) continue;
      AddPartition(schema.field(i)->name());
      AddPartition(snapshot.PhysicalName(i));
    }
  }

  // The part of `path` behind the root.
  std::string_view Relative(std::string_view path) const {
    return path.substr(table_.path == "/" ? 1 : table_.path.size() + 1);
  }

  bool Enters(const std::string& directory) const {
    if (!AllowsDirectory(Relative(directory))) return false;
    // Another table in here keeps its own books.
    const auto log = table_.store->List(directory + "/_delta_log");
    return log.ok() && log->empty();
  }

  // Whether a file there could be the table's own.
  bool Allows(std::string_view relative) const {
    const size_t slash = relative.rfind('/');
    const std::string_view name = relative.substr(slash + 1);
    if (Hidden(name) && !OwnTemporary(name)) return false;
    for (size_t at = relative.find('/'); at != std::string_view::npos;
         at = relative.find('/', at + 1)) {
      if (!AllowsDirectory(relative.substr(0, at))) return false;
    }
    return true;
  }

 private:
  void AddPartition(const std::string& name) {
    partitions_.push_back(name + "=");
    partitions_.push_back(delta::PartitionDirectory(name, ""));
  }

  bool AllowsDirectory(std::string_view relative) const {
    if (relative == kChangeData) return true;
    const std::string_view name = relative.substr(relative.rfind('/') + 1);
    return !Hidden(name) || std::ranges::any_of(partitions_, [&](const auto& start) {
      return name.starts_with(start);
    });
  }

  const storage::Location table_;
  std::vector<std::string> partitions_;  // "column=".
};

class VacuumRun {
 public:
  VacuumRun(std::shared_ptr<const delta::Snapshot> snapshot, const VacuumOptions& options,
            int64_t retention_ms, const CancelToken& token)
      : snapshot_(std::move(snapshot)),
        folder_(*snapshot_),
        options_(options),
        cutoff_ms_(NowMs() - retention_ms),
        token_(token),
        referenced_(snapshot_->location()) {
    outcome_.retention_ms = retention_ms;
  }

  Result<VacuumOutcome> Run(int64_t table_retention_ms) {
    ARROW_RETURN_NOT_OK(AddReferences());
    ARROW_RETURN_NOT_OK(FindGarbage());
    const bool records = options_.record_in_log && !options_.dry_run;
    if (records) ARROW_RETURN_NOT_OK(RecordStart(table_retention_ms));
    while (!garbage_.empty()) {
      ARROW_RETURN_NOT_OK(RemoveGarbage());
      if (!round_is_full_ || options_.dry_run) break;
      ARROW_RETURN_NOT_OK(FindGarbage());
    }
    if (records) ARROW_RETURN_NOT_OK(RecordEnd());
    return std::move(outcome_);
  }

 private:
  Status AddReferences() {
    ARROW_RETURN_NOT_OK(referenced_.AddLive(*snapshot_));
    ARROW_ASSIGN_OR_RAISE(const auto tombstones,
                          delta::ReadTombstones(snapshot_->location(), snapshot_->version()));
    for (const auto& tombstone : tombstones) {
      // One without a time may be of any age.
      if (tombstone.deletion_timestamp_ms.value_or(0) < cutoff_ms_) continue;
      ARROW_RETURN_NOT_OK(referenced_.Add(tombstone.path, tombstone.deletion_vector));
    }
    return Status::OK();
  }

  Status FindGarbage() {
    garbage_.clear();
    looked_at_.clear();
    round_is_full_ = false;
    return options_.mode == VacuumMode::kFull ? WalkFolder() : ReadRemovals();
  }

  Status WalkFolder() {
    storage::WalkVisitor visitor;
    visitor.enter = [this](const std::string& directory) { return folder_.Enters(directory); };
    visitor.visit = [this](const storage::ObjectInfo& file) {
      ARROW_RETURN_NOT_OK(token_.Check());
      ++outcome_.examined_files;
      if (options_.on_files) options_.on_files(1);
      const std::string_view relative = folder_.Relative(file.path);
      if (folder_.Allows(relative)) Consider(relative, file);
      return Status::OK();
    };
    return storage::WalkDirectory(*snapshot_->location().store, snapshot_->location().path,
                                  visitor);
  }

  void Consider(std::string_view relative, const storage::ObjectInfo& file) {
    if (file.modified_ms >= cutoff_ms_ || referenced_.Names(relative)) return;
    if (options_.dry_run) {
      Count(file);
    } else if (garbage_.size() < kRoundFilesMax) {
      garbage_.push_back(file);
    } else {
      round_is_full_ = true;
    }
  }

  // Lite: files that commits name as removed or as change data.
  Status ReadRemovals() {
    ARROW_ASSIGN_OR_RAISE(const auto commits, delta::ListCommits(snapshot_->location()));
    for (const auto& commit : commits) {
      ARROW_RETURN_NOT_OK(token_.Check());
      if (commit.version > snapshot_->version()) break;
      const auto& store = *snapshot_->location().store;
      ARROW_ASSIGN_OR_RAISE(const auto bytes, store.Read(commit.file.path));
      ARROW_RETURN_NOT_OK(delta::ParseCommit(
          std::string_view(*bytes), commit.file.path, [this](delta::Action&& action) {
            if (const auto* remove = std::get_if<delta::RemoveFile>(&action)) {
              ARROW_RETURN_NOT_OK(LookAt(remove->path));
              return LookAtVector(remove->deletion_vector);
            }
            const auto* change = std::get_if<delta::ChangeFile>(&action);
            return change == nullptr ? Status::OK() : LookAt(change->path);
          }));
    }
    return Status::OK();
  }

  Status LookAt(const std::string& path) {
    ARROW_ASSIGN_OR_RAISE(const std::string decoded, delta::DecodeFilePath(path));
    return LookAtDecoded(decoded);
  }

  Status LookAtVector(const std::optional<delta::DeletionVectorDescriptor>& vector) {
    // Only these lie below the root for certain.
    if (!vector || vector->storage_type != "u") return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto path,
                          delta::DeletionVectorPath(snapshot_->location(), *vector));
    return path ? LookAtDecoded(std::string(folder_.Relative(*path))) : Status::OK();
  }

  Status LookAtDecoded(const std::string& relative) {
    if (relative.starts_with('/') || !folder_.Allows(relative)) return Status::OK();
    if (referenced_.Names(relative)) return Status::OK();
    if (!looked_at_.insert(std::hash<std::string>{}(relative)).second) return Status::OK();
    const storage::Location& table = snapshot_->location();
    const auto file =
        table.store->Head(fmt::format("{}/{}", table.path == "/" ? "" : table.path, relative));
    if (!file.ok()) {
      return CodeOf(file.status()) == ErrorCode::kNotFound ? Status::OK() : file.status();
    }
    ++outcome_.examined_files;
    if (options_.on_files) options_.on_files(1);
    Consider(relative, *file);
    return Status::OK();
  }

  void Count(const storage::ObjectInfo& file) {
    ++outcome_.removed_files;
    outcome_.removed_bytes += file.size_bytes;
    if (outcome_.files.size() < kVacuumFilesShownMax) outcome_.files.push_back(file);
  }

  Status RemoveGarbage() {
    size_t looked = 0;
    for (const auto& file : garbage_) {
      ARROW_RETURN_NOT_OK(token_.Check());
      if (looked++ % kRemovalsPerLook == 0) ARROW_RETURN_NOT_OK(FollowLog());
      if (referenced_.Names(folder_.Relative(file.path))) continue;
      ARROW_RETURN_NOT_OK(snapshot_->location().store->Remove(file.path));
      Count(file);
    }
    return Status::OK();
  }

  // A commit meanwhile may name old files again: a restore does.
  Status FollowLog() {
    ARROW_ASSIGN_OR_RAISE(auto latest, snapshot_->Refresh());
    if (latest == snapshot_) return Status::OK();
    snapshot_ = std::move(latest);
    return referenced_.AddLive(*snapshot_);
  }

  Status RecordStart(int64_t table_retention_ms) {
    int64_t bytes = 0;
    for (const auto& file : garbage_) bytes += file.size_bytes;
    delta::Operation operation;
    operation.name = "VACUUM START";
    operation.parameters["retentionCheckEnabled"] = options_.force ? "false" : "true";
    operation.parameters["defaultRetentionMillis"] = fmt::format("{}", table_retention_ms);
    if (options_.retention_ms) {
      operation.parameters["specifiedRetentionMillis"] = fmt::format("{}", *options_.retention_ms);
    }
    operation.metrics["numFilesToDelete"] = fmt::format("{}", garbage_.size());
    operation.metrics["sizeOfDataToDelete"] = fmt::format("{}", bytes);
    return Record(operation);
  }

  Status RecordEnd() {
    delta::Operation operation;
    operation.name = "VACUUM END";
    operation.parameters["status"] = "\"COMPLETED\"";
    operation.metrics["numDeletedFiles"] = fmt::format("{}", outcome_.removed_files);
    return Record(operation);
  }

  // A commit without any change, which no other one stands against.
  Status Record(const delta::Operation& operation) {
    ARROW_ASSIGN_OR_RAISE(auto transaction, delta::Transaction::Start(snapshot_));
    return transaction.Commit(operation, token_).status();
  }

  std::shared_ptr<const delta::Snapshot> snapshot_;
  const TableFolder folder_;
  const VacuumOptions& options_;
  const int64_t cutoff_ms_;
  const CancelToken& token_;
  ReferencedFiles referenced_;
  std::vector<storage::ObjectInfo> garbage_;
  std::unordered_set<size_t> looked_at_;  // Hashes of paths that commits name.
  bool round_is_full_ = false;
  VacuumOutcome outcome_;
};

}  // namespace

Result<VacuumOutcome> Vacuum(const storage::Location& table, const VacuumOptions& options,
                             const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto snapshot, delta::Snapshot::Open(table));
  ARROW_RETURN_NOT_OK(delta::Transaction::Start(snapshot).status());
  ARROW_ASSIGN_OR_RAISE(const auto properties, delta::TableProperties::Of(snapshot->metadata()));
  const int64_t table_retention_ms = properties.deleted_file_retention_ms;
  const int64_t retention_ms = options.retention_ms.value_or(table_retention_ms);
  if (retention_ms < 0) {
    return Error(ErrorCode::kInvalidArgument, "the retention is {} ms; it must not be negative",
                 retention_ms);
  }
  if (retention_ms < table_retention_ms && !options.force) {
    return Error(ErrorCode::kInvalidArgument,
                 "table {}: a retention of {} ms is shorter than the table's "
                 "delta.deletedFileRetentionDuration of {} ms, so that files which older versions "
                 "or running writers need would go; force it if there are none",
                 table.path, retention_ms, table_retention_ms);
  }
  VacuumRun run(std::move(snapshot), options, retention_ms, token);
  return run.Run(table_retention_ms);
}

}  // namespace deltaport::lake
