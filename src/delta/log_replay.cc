#include "delta/log_replay.h"

namespace deltaport::delta {
namespace {

Result<std::shared_ptr<const FileBlock>> Reversed(const FileBlock& block) {
  FileBlockBuilder builder;
  for (int64_t row = block.rows() - 1; row >= 0; --row) {
    ARROW_RETURN_NOT_OK(builder.AppendFrom(block, row));
  }
  return builder.Finish();
}

}  // namespace

Status LogReplay::AddFileAction(const AddFile& add, FileBlockBuilder& builder) {
  ARROW_ASSIGN_OR_RAISE(std::string key, FileKey(add.path, add.deletion_vector));
  if (!seen_.insert(std::move(key)).second) return Status::OK();
  if (add.size_bytes < 0) {
    return Error(ErrorCode::kCorruptTable, "the file '{}' has the size {}", add.path,
                 add.size_bytes);
  }
  return builder.Append(add);
}

Status LogReplay::Add(Action& action, FileBlockBuilder& builder) {
  if (const auto* add = std::get_if<AddFile>(&action)) return AddFileAction(*add, builder);
  if (const auto* remove = std::get_if<RemoveFile>(&action)) {
    ARROW_ASSIGN_OR_RAISE(std::string key, FileKey(remove->path, remove->deletion_vector));
    seen_.insert(std::move(key));
  } else if (auto* protocol = std::get_if<Protocol>(&action)) {
    if (!state_.protocol) state_.protocol = std::move(*protocol);
  } else if (auto* metadata = std::get_if<Metadata>(&action)) {
    if (!state_.metadata) state_.metadata = std::move(*metadata);
  } else if (auto* transaction = std::get_if<SetTransaction>(&action)) {
    state_.transactions.try_emplace(transaction->application_id, *transaction);
  } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
    domains_.try_emplace(domain->domain, *domain);
  }
  return Status::OK();
}

Status LogReplay::AddCommit(std::vector<Action> actions) {
  if (first_commit_ && !actions.empty()) {
    // By the protocol commitInfo comes first where its timestamp counts.
    if (const auto* info = std::get_if<CommitInfo>(&actions.front())) {
      state_.in_commit_timestamp_ms = info->in_commit_timestamp_ms;
    }
  }
  first_commit_ = false;
  for (auto action = actions.rbegin(); action != actions.rend(); ++action) {
    ARROW_RETURN_NOT_OK(Add(*action, newest_first_));
  }
  return Status::OK();
}

Status LogReplay::AddCheckpointAction(Action action) { return Add(action, checkpoint_); }

Result<TableState> LogReplay::Finish(const TableState* base) {
  LiveFiles older;
  if (base != nullptr) {
    older = base->files;
    if (!state_.protocol) state_.protocol = base->protocol;
    if (!state_.metadata) state_.metadata = base->metadata;
    for (const auto& [name, transaction] : base->transactions) {
      state_.transactions.try_emplace(name, transaction);
    }
    for (const auto& [name, domain] : base->domains) domains_.try_emplace(name, domain);
  }
  for (auto& [name, domain] : domains_) {
    if (!domain.removed) state_.domains.emplace(name, std::move(domain));
  }
  if (checkpoint_.rows() > 0) {
    ARROW_ASSIGN_OR_RAISE(auto block, checkpoint_.Finish());
    ARROW_ASSIGN_OR_RAISE(older, LiveFiles::Extend(older, {}, std::move(block)));
  }
  std::vector<std::string> keys;
  // Checkpoint rows were compared on the way in; only a base needs the keys.
  if (base != nullptr) keys.assign(seen_.begin(), seen_.end());
  ARROW_ASSIGN_OR_RAISE(auto reversed, newest_first_.Finish());
  ARROW_ASSIGN_OR_RAISE(auto added, Reversed(*reversed));
  ARROW_ASSIGN_OR_RAISE(state_.files, LiveFiles::Extend(older, keys, std::move(added)));
  return std::move(state_);
}

}  // namespace deltaport::delta
