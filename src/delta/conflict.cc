#include "delta/conflict.h"

#include "delta/action_json.h"
#include "delta/file_block.h"

namespace deltaport::delta {
namespace {

Status Conflict(const storage::Location& table, const WinningCommit& winner, ConflictKind kind,
                std::string_view why) {
  std::string message = fmt::format(
      "table {}: {}: a concurrent commit ({}, version {}) {}; read the table again and retry",
      table.path, ConflictKindName(kind), winner.operation, winner.version, why);
  return Status(arrow::StatusCode::UnknownError, std::move(message),
                std::make_shared<ConflictDetail>(kind, winner.version, winner.operation));
}

// A path of `ours` that `theirs` holds too, or null.
const std::string* Shared(const std::unordered_set<std::string>& ours,
                          const std::unordered_set<std::string>& theirs) {
  for (const auto& path : theirs) {
    if (ours.contains(path)) return &path;
  }
  return nullptr;
}

// The first added file that the transaction would have had to read, or null.
Result<const AddFile*> UnreadFile(const TransactionFootprint& ours, const WinningCommit& winner) {
  if (ours.isolation == IsolationLevel::kSnapshot) return nullptr;
  // A blind append can stand before or after us. With a changed schema we are no mere writer of
  // rows.
  const bool exempt = winner.blind_append && ours.isolation == IsolationLevel::kWriteSerializable &&
                      !ours.changes_metadata;
  if (exempt) return nullptr;
  for (const auto& add : winner.adds) {
    if (ours.read_whole_table) return &add;
    for (const auto& filter : ours.read_filters) {
      ARROW_ASSIGN_OR_RAISE(const bool matches, filter(add));
      if (matches) return &add;
    }
  }
  return nullptr;
}

Status CheckFiles(const storage::Location& table, const TransactionFootprint& ours,
                  const WinningCommit& winner) {
  ARROW_ASSIGN_OR_RAISE(const AddFile* unread, UnreadFile(ours, winner));
  if (unread != nullptr) {
    return Conflict(table, winner, ConflictKind::kConcurrentAppend,
                    fmt::format("added the file {}, which may hold rows that this one looked for",
                                unread->path));
  }
  if (ours.read_whole_table && !winner.removed_files.empty()) {
    return Conflict(
        table, winner, ConflictKind::kConcurrentDeleteRead,
        fmt::format("removed the file {}, which this one has read", *winner.removed_files.begin()));
  }
  if (const auto* path = Shared(ours.read_files, winner.removed_files)) {
    return Conflict(table, winner, ConflictKind::kConcurrentDeleteRead,
                    fmt::format("removed the file {}, which this one has read", *path));
  }
  if (const auto* path = Shared(ours.removed_files, winner.removed_files)) {
    return Conflict(table, winner, ConflictKind::kConcurrentDeleteDelete,
                    fmt::format("removed the file {}, which this one changes too", *path));
  }
  return Status::OK();
}

Status NoteRemoved(const std::string& path, WinningCommit& winner) {
  ARROW_ASSIGN_OR_RAISE(std::string key, FileKey(path, std::nullopt));
  winner.removed_files.insert(std::move(key));
  return Status::OK();
}

Status Note(Action&& action, WinningCommit& winner) {
  if (auto* add = std::get_if<AddFile>(&action)) {
    winner.adds.push_back(std::move(*add));
  } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
    return NoteRemoved(remove->path, winner);
  } else if (auto* info = std::get_if<CommitInfo>(&action)) {
    if (info->operation) winner.operation = *info->operation;
    if (info->in_commit_timestamp_ms) winner.timestamp_ms = *info->in_commit_timestamp_ms;
    winner.transaction_id = std::move(info->transaction_id);
    winner.blind_append = info->is_blind_append.value_or(false);
  } else if (const auto* transaction = std::get_if<SetTransaction>(&action)) {
    winner.applications[transaction->application_id] = transaction->version;
  } else if (auto* protocol = std::get_if<Protocol>(&action)) {
    winner.protocol = std::move(*protocol);
  } else if (std::holds_alternative<Metadata>(action)) {
    winner.changes_metadata = true;
  } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
    winner.domains[domain->domain] = std::move(*domain);
  }
  return Status::OK();
}

}  // namespace

std::string_view ConflictKindName(ConflictKind kind) {
  switch (kind) {
    case ConflictKind::kProtocolChanged:
      return "ProtocolChanged";
    case ConflictKind::kMetadataChanged:
      return "MetadataChanged";
    case ConflictKind::kConcurrentAppend:
      return "ConcurrentAppend";
    case ConflictKind::kConcurrentDeleteRead:
      return "ConcurrentDeleteRead";
    case ConflictKind::kConcurrentDeleteDelete:
      return "ConcurrentDeleteDelete";
    case ConflictKind::kConcurrentTransaction:
      return "ConcurrentTransaction";
    case ConflictKind::kDomainChanged:
      break;
  }
  return "DomainMetadataChanged";
}

ConflictDetail::ConflictDetail(ConflictKind conflict_kind, TableVersion winner,
                               std::string operation)
    : ErrorDetail(ErrorCode::kConflict),
      kind_(conflict_kind),
      winner_version_(winner),
      winner_operation_(std::move(operation)) {}

const ConflictDetail* ConflictOf(const Status& status) {
  return status.ok() ? nullptr : dynamic_cast<const ConflictDetail*>(status.detail().get());
}

Result<WinningCommit> ReadWinningCommit(const storage::ObjectStore& store,
                                        const CommitFile& commit) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, store.Read(commit.file.path));
  WinningCommit winner;
  winner.version = commit.version;
  winner.timestamp_ms = commit.file.modified_ms;
  ARROW_RETURN_NOT_OK(ParseCommit(std::string_view(*bytes), commit.file.path, [&](Action&& action) {
    return Note(std::move(action), winner);
  }));
  return winner;
}

Status CheckConflicts(const storage::Location& table, const TransactionFootprint& ours,
                      const WinningCommit& winner) {
  if (winner.protocol && ours.changes_protocol) {
    return Conflict(table, winner, ConflictKind::kProtocolChanged,
                    "changed the table's protocol, which this one changes too");
  }
  if (winner.changes_metadata) {
    return Conflict(table, winner, ConflictKind::kMetadataChanged,
                    "changed the table's schema or properties");
  }
  ARROW_RETURN_NOT_OK(CheckFiles(table, ours, winner));
  for (const auto& application : ours.applications) {
    if (winner.applications.contains(application)) {
      return Conflict(table, winner, ConflictKind::kConcurrentTransaction,
                      fmt::format("recorded the same application '{}'", application));
    }
  }
  for (const auto& domain : ours.domains) {
    if (winner.domains.contains(domain)) {
      return Conflict(table, winner, ConflictKind::kDomainChanged,
                      fmt::format("changed the domain '{}', which this one changes too", domain));
    }
  }
  return Status::OK();
}

}  // namespace deltaport::delta
