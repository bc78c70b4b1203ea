#include "delta/transaction.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "columnar/delta_schema.h"
#include "delta/action_json.h"
#include "delta/file_block.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/log_upkeep.h"
#include "delta/row_tracking.h"
#include "delta/statistics_text.h"
#include "delta/table_feature.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

// Each attempt that fails means that somebody else's commit succeeded.
constexpr int kAttemptsMax = 10'000;

constexpr char kEnablementVersion[] = "delta.inCommitTimestampEnablementVersion";
constexpr char kEnablementTimestamp[] = "delta.inCommitTimestampEnablementTimestamp";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The file as gone; what its rows are known by stays with it.
RemoveFile RemoveOf(AddFile&& file, bool data_change) {
  RemoveFile remove;
  remove.path = std::move(file.path);
  remove.data_change = data_change;
  remove.deletion_timestamp_ms = NowMs();
  remove.extended_file_metadata = true;
  remove.partition_values = std::move(file.partition_values);
  remove.size_bytes = file.size_bytes;
  remove.deletion_vector = std::move(file.deletion_vector);
  remove.base_row_id = file.base_row_id;
  remove.default_row_commit_version = file.default_row_commit_version;
  return remove;
}

Status AlreadyUsed(std::string_view path) {
  return Error(ErrorCode::kInternal, "a commit cannot change the file {} twice", path);
}

}  // namespace

Result<Transaction> Transaction::Create(const storage::Location& table, Protocol protocol,
                                        Metadata metadata) {
  ARROW_RETURN_NOT_OK(CheckWritable(protocol, metadata));
  Transaction transaction;
  transaction.table_ = table;
  ARROW_ASSIGN_OR_RAISE(transaction.properties_, TableProperties::Of(metadata));
  transaction.new_protocol_ = std::move(protocol);
  transaction.new_metadata_ = std::move(metadata);
  return transaction;
}

Result<Transaction> Transaction::Start(std::shared_ptr<const Snapshot> snapshot) {
  const auto context = [&](const Status& status) {
    return WithContext(status, fmt::format("table {}", snapshot->location().path));
  };
  ARROW_RETURN_NOT_OK(context(CheckWritable(snapshot->protocol(), snapshot->metadata())));
  Transaction transaction;
  auto properties = TableProperties::Of(snapshot->metadata());
  auto mark = RowIdHighWaterMark(snapshot->domains());
  ARROW_RETURN_NOT_OK(context(properties.status()));
  ARROW_RETURN_NOT_OK(context(mark.status()));
  transaction.properties_ = properties.MoveValueUnsafe();
  transaction.row_id_mark_ = *mark;
  transaction.table_ = snapshot->location();
  transaction.next_version_ = snapshot->version() + 1;
  transaction.previous_timestamp_ms_ = snapshot->timestamp_ms();
  transaction.snapshot_ = std::move(snapshot);
  return transaction;
}

const Metadata& Transaction::metadata() const {
  return new_metadata_ ? *new_metadata_ : snapshot_->metadata();
}

const Protocol& Transaction::protocol() const {
  if (new_protocol_) return *new_protocol_;
  return rebased_protocol_ ? *rebased_protocol_ : snapshot_->protocol();
}

Result<DataFileTarget> Transaction::FileTarget() const {
  std::map<std::string, DomainMetadata> domains;
  if (snapshot_ != nullptr) domains = snapshot_->domains();
  for (const auto& [name, domain] : domains_) {
    domains.erase(name);
    if (!domain.removed) domains.emplace(name, domain);
  }
  return DataFileTarget::Make(table_, metadata(), domains);
}

void Transaction::AddFiles(std::vector<AddFile> files) {
  std::move(files.begin(), files.end(), std::back_inserter(adds_));
}

Status Transaction::CheckRemovable(bool data_change) const {
  if (!data_change || !properties_.append_only) return Status::OK();
  return Error(ErrorCode::kInvalidArgument,
               "table {}: its rows cannot be changed or removed, because delta.appendOnly is true",
               table_.path);
}

Status Transaction::RemoveFiles(std::span<const size_t> files, bool data_change) {
  ARROW_RETURN_NOT_OK(CheckRemovable(data_change));
  removes_.reserve(removes_.size() + files.size());
  for (const size_t index : files) {
    AddFile file = snapshot_->files().FileWithoutStatistics(index);
    if (!removed_indices_.insert(index).second) return AlreadyUsed(file.path);
    removes_.push_back(RemoveOf(std::move(file), data_change));
  }
  return Status::OK();
}

Status Transaction::RemoveAllFiles(bool data_change) {
  if (snapshot_ == nullptr) return Status::OK();
  ReadWholeTable();
  std::vector<size_t> all(snapshot_->files().size());
  std::iota(all.begin(), all.end(), size_t{0});
  ARROW_RETURN_NOT_OK(CheckRemovable(data_change));
  return RemoveFiles(all, data_change);
}

Status Transaction::ReplaceDeletionVector(size_t file,
                                          std::optional<DeletionVectorDescriptor> vector,
                                          bool data_change, std::optional<int64_t> file_rows) {
  ARROW_RETURN_NOT_OK(CheckRemovable(data_change));
  ARROW_ASSIGN_OR_RAISE(AddFile add, snapshot_->files().file(file));
  if (!removed_indices_.insert(file).second) return AlreadyUsed(add.path);
  removes_.push_back(RemoveOf(AddFile(add), data_change));
  if (vector) {
    auto stats = WithWideBounds(add.stats.value_or(""), file_rows);
    if (!stats.ok()) return WithContext(stats.status(), fmt::format("file {}", add.path));
    add.stats = stats.MoveValueUnsafe();
  }
  add.deletion_vector = std::move(vector);
  add.data_change = data_change;
  adds_.push_back(std::move(add));
  return Status::OK();
}

void Transaction::AddChangeFiles(std::vector<ChangeFile> files) {
  std::move(files.begin(), files.end(), std::back_inserter(changes_));
}

Status Transaction::SetMetadata(Metadata metadata) {
  if (metadata.id != this->metadata().id) {
    return Error(ErrorCode::kInvalidArgument, "table {}: its id {} cannot change to {}",
                 table_.path, this->metadata().id, metadata.id);
  }
  ARROW_ASSIGN_OR_RAISE(const auto schema, columnar::SchemaFromDeltaJson(metadata.schema_string));
  ARROW_ASSIGN_OR_RAISE(properties_, TableProperties::Of(metadata));
  ARROW_ASSIGN_OR_RAISE(Protocol upgraded, UpgradedProtocol(protocol(), *schema, metadata, {}));
  ARROW_RETURN_NOT_OK(CheckWritable(upgraded, metadata));
  if (!SameProtocol(upgraded, protocol())) new_protocol_ = std::move(upgraded);
  new_metadata_ = std::move(metadata);
  return Status::OK();
}

Status Transaction::SetProtocol(Protocol protocol) {
  ARROW_RETURN_NOT_OK(CheckWritable(protocol, metadata()));
  new_protocol_ = std::move(protocol);
  return Status::OK();
}

void Transaction::SetDomain(DomainMetadata domain) {
  std::string name = domain.domain;
  domains_.insert_or_assign(std::move(name), std::move(domain));
}

void Transaction::SetTransactionVersion(const std::string& application_id, int64_t version) {
  transactions_[application_id] = version;
}

Status Transaction::ReadFiles(std::span<const size_t> files) {
  for (const size_t index : files) {
    ARROW_ASSIGN_OR_RAISE(std::string key, FileKey(snapshot_->files().path(index), std::nullopt));
    read_files_.insert(std::move(key));
  }
  return Status::OK();
}

bool Transaction::blind() const {
  return snapshot_ != nullptr && !read_whole_table_ && read_filters_.empty() &&
         read_files_.empty() && removed_indices_.empty() && !new_metadata_ && !new_protocol_;
}

Status Transaction::AdoptDomainFeatures() {
  std::vector<std::string> needed;
  for (const auto& [name, domain] : domains_) {
    needed.emplace_back(name == "delta.clustering" && !domain.removed ? "clustering"
                                                                      : "domainMetadata");
  }
  if (needed.empty()) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto schema, columnar::SchemaFromDeltaJson(metadata().schema_string));
  ARROW_ASSIGN_OR_RAISE(Protocol upgraded,
                        UpgradedProtocol(protocol(), *schema, metadata(), needed));
  return SameProtocol(upgraded, protocol()) ? Status::OK() : SetProtocol(std::move(upgraded));
}

Status Transaction::CheckActions() const {
  std::unordered_map<std::string, const AddFile*> added;
  for (const auto& add : adds_) {
    ARROW_ASSIGN_OR_RAISE(std::string key, FileKey(add.path, std::nullopt));
    if (!added.emplace(std::move(key), &add).second) return AlreadyUsed(add.path);
  }
  for (const auto& remove : removes_) {
    ARROW_ASSIGN_OR_RAISE(const std::string path, FileKey(remove.path, std::nullopt));
    const auto both = added.find(path);
    if (both == added.end()) continue;
    ARROW_ASSIGN_OR_RAISE(const std::string before, FileKey(remove.path, remove.deletion_vector));
    ARROW_ASSIGN_OR_RAISE(const std::string after,
                          FileKey(remove.path, both->second->deletion_vector));
    if (before == after) return AlreadyUsed(remove.path);
  }
  const bool new_rows = std::any_of(adds_.begin(), adds_.end(), [&](const AddFile& add) {
    return add.data_change && !add.deletion_vector;
  });
  if (!new_rows || row_rules_applied_) return Status::OK();
  return WithContext(CheckNoRowRules(protocol(), metadata()), fmt::format("table {}", table_.path));
}

CommitInfo Transaction::Info(const Operation& operation) const {
  CommitInfo info;
  info.operation = operation.name;
  info.operation_parameters = operation.parameters;
  info.operation_metrics = operation.metrics;
  if (snapshot_ != nullptr) info.read_version = snapshot_->version();
  info.is_blind_append = blind();
  info.engine_info = "Deltaport/" DELTAPORT_VERSION;
  info.transaction_id = storage::RandomUuid();
  return info;
}

TransactionFootprint Transaction::Footprint() const {
  TransactionFootprint ours;
  ours.isolation = properties_.isolation_level;
  const auto changes_rows = [](const auto& file) { return file.data_change; };
  const bool only_moves_rows = !(adds_.empty() && removes_.empty()) && !new_metadata_ &&
                               std::none_of(adds_.begin(), adds_.end(), changes_rows) &&
                               std::none_of(removes_.begin(), removes_.end(), changes_rows);
  if (only_moves_rows) ours.isolation = IsolationLevel::kSnapshot;
  ours.changes_protocol = new_protocol_.has_value();
  ours.changes_metadata = new_metadata_.has_value();
  ours.read_whole_table = read_whole_table_;
  ours.read_filters = read_filters_;
  ours.read_files = read_files_;
  for (const auto& remove : removes_) {
    // CheckActions has decoded the path.
    ours.removed_files.insert(FileKey(remove.path, std::nullopt).ValueOr(remove.path));
  }
  for (const auto& [application, version] : transactions_) ours.applications.insert(application);
  for (const auto& [name, domain] : domains_) {
    if (name != kRowTrackingDomain) ours.domains.insert(name);
  }
  return ours;
}

Metadata Transaction::MetadataAt(int64_t timestamp_ms) const {
  Metadata metadata = *new_metadata_;
  if (snapshot_ == nullptr) return metadata;
  const auto before = TableProperties::Of(snapshot_->metadata());
  const bool was_on = before.ok() && before->in_commit_timestamps;
  if (properties_.in_commit_timestamps && !was_on) {
    metadata.configuration[kEnablementVersion] = fmt::format("{}", next_version_);
    metadata.configuration[kEnablementTimestamp] = fmt::format("{}", timestamp_ms);
  } else if (!properties_.in_commit_timestamps) {
    metadata.configuration.erase(kEnablementVersion);
    metadata.configuration.erase(kEnablementTimestamp);
  }
  return metadata;
}

bool Transaction::gives_row_ids() const {
  return !properties_.row_tracking_suspended && Has(WriterFeatures(protocol()), "rowTracking");
}

Result<std::string> Transaction::AddLines() const {
  std::string lines;
  const bool row_ids = gives_row_ids();
  int64_t mark = row_id_mark_;
  for (const auto& add : adds_) {
    AddFile file = add;
    if (row_ids && !file.base_row_id) {
      const auto rows = RecordCount(file.stats.value_or(""));
      if (!rows) {
        return Error(ErrorCode::kInvalidArgument,
                     "table {}: the file {} has no numRecords in its statistics, which a table "
                     "with row tracking needs",
                     table_.path, file.path);
      }
      file.base_row_id = mark + 1;
      mark += *rows;
    }
    if (row_ids && !file.default_row_commit_version) {
      file.default_row_commit_version = next_version_;
    }
    lines += ActionToJson(file) + '\n';
  }
  if (mark != row_id_mark_) lines += ActionToJson(RowTrackingDomain(mark)) + '\n';
  return lines;
}

Result<std::string> Transaction::Lines(CommitInfo& info) {
  info.timestamp_ms = NowMs();
  info.in_commit_timestamp_ms.reset();
  if (properties_.in_commit_timestamps) {
    info.in_commit_timestamp_ms = std::max(*info.timestamp_ms, previous_timestamp_ms_ + 1);
  }
  std::string lines;
  const auto append = [&](const Action& action) {
    lines += ActionToJson(action);
    lines += '\n';
  };
  append(info);
  if (new_protocol_) append(*new_protocol_);
  if (new_metadata_) append(MetadataAt(info.in_commit_timestamp_ms.value_or(0)));
  for (const auto& [name, domain] : domains_) append(domain);
  for (const auto& [application, version] : transactions_) {
    append(SetTransaction{application, version, info.timestamp_ms});
  }
  for (const auto& remove : removes_) append(remove);
  ARROW_ASSIGN_OR_RAISE(const std::string adds, AddLines());
  lines += adds;
  for (const auto& change : changes_) append(change);
  return lines;
}

Result<bool> Transaction::Rebase(const std::string& transaction_id) {
  ARROW_ASSIGN_OR_RAISE(const auto commits, ListCommitsAfter(table_, next_version_ - 1));
  const TransactionFootprint ours = Footprint();
  for (const auto& commit : commits) {
    ARROW_ASSIGN_OR_RAISE(const WinningCommit winner, ReadWinningCommit(*table_.store, commit));
    if (winner.transaction_id == transaction_id) return true;
    if (winner.protocol) {
      const Status writable = CheckWritable(*winner.protocol, metadata());
      if (!writable.ok()) {
        return WithContext(writable,
                           fmt::format("table {}, version {}", table_.path, winner.version));
      }
    }
    ARROW_RETURN_NOT_OK(CheckConflicts(table_, ours, winner));
    if (winner.protocol) rebased_protocol_ = winner.protocol;
    if (winner.domains.contains(kRowTrackingDomain)) {
      ARROW_ASSIGN_OR_RAISE(row_id_mark_, RowIdHighWaterMark(winner.domains));
    }
    next_version_ = winner.version + 1;
    previous_timestamp_ms_ = std::max(previous_timestamp_ms_ + 1, winner.timestamp_ms);
  }
  return false;
}

Result<bool> Transaction::IsCommitted(const std::string& transaction_id) const {
  CommitFile commit;
  commit.version = next_version_;
  commit.file.path = CommitPath(table_.path, next_version_);
  const auto winner = ReadWinningCommit(*table_.store, commit);
  if (winner.ok()) return winner->transaction_id == transaction_id;
  if (CodeOf(winner.status()) == ErrorCode::kNotFound) return false;
  return winner.status();
}

Result<CommitOutcome> Transaction::Commit(const Operation& operation, const CancelToken& token,
                                          Committer& committer) {
  ARROW_RETURN_NOT_OK(AdoptDomainFeatures());
  ARROW_RETURN_NOT_OK(CheckActions());
  CommitInfo info = Info(operation);
  const std::string& id = *info.transaction_id;
  const auto committed_as = [&](std::string_view lines) {
    auto snapshot = AfterCommit({table_, snapshot_, next_version_, lines});
    return CommitOutcome{next_version_, info.in_commit_timestamp_ms.value_or(*info.timestamp_ms),
                         std::move(snapshot)};
  };
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_ASSIGN_OR_RAISE(const std::string lines, Lines(info));
    const Status status = committer.Commit(table_, next_version_, lines);
    if (status.ok()) return committed_as(lines);
    if (CodeOf(status) != ErrorCode::kAlreadyExists || snapshot_ == nullptr) {
      // The reply may be what was lost, not the commit.
      const auto committed = IsCommitted(id);
      if (committed.ok() && *committed) return committed_as(lines);
      if (CodeOf(status) != ErrorCode::kAlreadyExists) return status;
      return Error(ErrorCode::kAlreadyExists, "{}: is a Delta table already", table_.path);
    }
    ARROW_ASSIGN_OR_RAISE(const bool committed, Rebase(id));
    if (committed) return committed_as(lines);
  }
  return Error(ErrorCode::kConflict, "table {}: gave up after {} lost races for a version",
               table_.path, kAttemptsMax);
}

}  // namespace deltaport::delta
