#include "delta/transaction.h"

#include <algorithm>
#include <chrono>

#include "delta/action_json.h"
#include "delta/commit_timestamp.h"
#include "delta/live_files.h"
#include "delta/log_path.h"
#include "delta/log_segment.h"
#include "delta/table_feature.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

// Each attempt that fails means that somebody else's commit succeeded.
constexpr int kAttemptsMax = 10'000;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// What one commit that came first did.
struct Winner {
  TableVersion version = 0;
  std::string operation = "an unknown operation";
  std::optional<int64_t> in_commit_timestamp_ms;
  bool changes_metadata = false;
  std::vector<std::string> applications;
};

Result<Winner> ReadWinner(const storage::ObjectStore& store, const CommitFile& commit) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, store.Read(commit.file.path));
  Winner winner;
  winner.version = commit.version;
  ARROW_RETURN_NOT_OK(ParseCommit(std::string_view(*bytes), commit.file.path, [&](Action&& action) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) {
      if (info->operation) winner.operation = *info->operation;
      winner.in_commit_timestamp_ms = info->in_commit_timestamp_ms;
    } else if (const auto* transaction = std::get_if<SetTransaction>(&action)) {
      winner.applications.push_back(transaction->application_id);
    } else if (std::holds_alternative<Protocol>(action) ||
               std::holds_alternative<Metadata>(action)) {
      winner.changes_metadata = true;
    }
    return Status::OK();
  }));
  return winner;
}

Status Conflict(const storage::Location& table, const Winner& winner, std::string_view why) {
  return Error(ErrorCode::kConflict,
               "table {}: a concurrent commit ({}, version {}) {}; read the table again and retry",
               table.path, winner.operation, winner.version, why);
}

bool IsOn(const Metadata& metadata, const std::string& name) {
  const auto found = metadata.configuration.find(name);
  return found != metadata.configuration.end() && found->second == "true";
}

}  // namespace

Result<Transaction> Transaction::Create(const storage::Location& table, Protocol protocol,
                                        Metadata metadata) {
  ARROW_RETURN_NOT_OK(CheckWritable(protocol, metadata));
  Transaction transaction;
  transaction.table_ = table;
  transaction.in_commit_timestamps_ = UsesInCommitTimestamps(metadata);
  transaction.new_protocol_ = std::move(protocol);
  transaction.new_metadata_ = std::move(metadata);
  return transaction;
}

Result<Transaction> Transaction::Start(std::shared_ptr<const Snapshot> snapshot) {
  const Status writable = CheckWritable(snapshot->protocol(), snapshot->metadata());
  if (!writable.ok()) {
    return WithContext(writable, fmt::format("table {}", snapshot->location().path));
  }
  Transaction transaction;
  transaction.table_ = snapshot->location();
  transaction.in_commit_timestamps_ = UsesInCommitTimestamps(snapshot->metadata());
  transaction.next_version_ = snapshot->version() + 1;
  transaction.previous_timestamp_ms_ = snapshot->timestamp_ms();
  transaction.snapshot_ = std::move(snapshot);
  return transaction;
}

void Transaction::AddFiles(std::vector<AddFile> files) {
  std::move(files.begin(), files.end(), std::back_inserter(adds_));
}

Status Transaction::RemoveAllFiles() {
  if (snapshot_ == nullptr) return Status::OK();
  if (IsOn(snapshot_->metadata(), "delta.appendOnly")) {
    return Error(ErrorCode::kInvalidArgument,
                 "table {}: its rows cannot be replaced, because delta.appendOnly is true",
                 table_.path);
  }
  replaces_ = true;
  const LiveFiles& files = snapshot_->files();
  const int64_t now_ms = NowMs();
  removes_.reserve(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    AddFile file = files.file(i);
    RemoveFile remove;
    remove.path = std::move(file.path);
    remove.deletion_timestamp_ms = now_ms;
    remove.extended_file_metadata = true;
    remove.partition_values = std::move(file.partition_values);
    remove.size_bytes = file.size_bytes;
    remove.deletion_vector = std::move(file.deletion_vector);
    removes_.push_back(std::move(remove));
  }
  return Status::OK();
}

void Transaction::SetTransactionVersion(const std::string& application_id, int64_t version) {
  transactions_[application_id] = version;
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

std::string Transaction::Lines(CommitInfo& info) {
  info.timestamp_ms = NowMs();
  if (in_commit_timestamps_) {
    info.in_commit_timestamp_ms = std::max(*info.timestamp_ms, previous_timestamp_ms_ + 1);
  }
  std::string lines;
  const auto append = [&](const Action& action) {
    lines += ActionToJson(action);
    lines += '\n';
  };
  append(info);
  if (new_protocol_) append(*new_protocol_);
  if (new_metadata_) append(*new_metadata_);
  for (const auto& [application, version] : transactions_) {
    append(SetTransaction{application, version, info.timestamp_ms});
  }
  for (const auto& remove : removes_) append(remove);
  for (const auto& add : adds_) append(add);
  return lines;
}

Status Transaction::Rebase() {
  ARROW_ASSIGN_OR_RAISE(const auto commits, ListCommitsAfter(table_, next_version_ - 1));
  for (const auto& commit : commits) {
    ARROW_ASSIGN_OR_RAISE(const Winner winner, ReadWinner(*table_.store, commit));
    if (winner.changes_metadata) {
      return Conflict(table_, winner, "changed the table's schema or properties");
    }
    if (!blind()) return Conflict(table_, winner, "changed what this one replaces");
    for (const auto& application : winner.applications) {
      if (transactions_.contains(application)) {
        return Conflict(table_, winner,
                        fmt::format("recorded the same application '{}'", application));
      }
    }
    next_version_ = winner.version + 1;
    previous_timestamp_ms_ = winner.in_commit_timestamp_ms.value_or(previous_timestamp_ms_);
  }
  return Status::OK();
}

Result<TableVersion> Transaction::Commit(const Operation& operation, const CancelToken& token,
                                         Committer& committer) {
  CommitInfo info = Info(operation);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    ARROW_RETURN_NOT_OK(token.Check());
    const Status status = committer.Commit(table_, next_version_, Lines(info));
    if (status.ok()) return next_version_;
    if (CodeOf(status) != ErrorCode::kAlreadyExists) return status;
    if (snapshot_ == nullptr) {
      return Error(ErrorCode::kAlreadyExists, "{}: is a Delta table already", table_.path);
    }
    ARROW_RETURN_NOT_OK(Rebase());
  }
  return Error(ErrorCode::kConflict, "table {}: gave up after {} lost races for a version",
               table_.path, kAttemptsMax);
}

}  // namespace deltaport::delta
