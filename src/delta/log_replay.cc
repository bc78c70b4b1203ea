#include "delta/log_replay.h"

#include <algorithm>

namespace deltaport::delta {
namespace {

// Parts of fewer files are copied together: what each part costs is more than the copy.
constexpr size_t kOwnPartFiles = 16'384;
constexpr int64_t kPrefetchedRows = 8;

std::shared_ptr<const std::vector<int64_t>> RowsOrAll(std::vector<int64_t> rows,
                                                      const FileBlock& block) {
  if (static_cast<int64_t>(rows.size()) == block.rows()) return nullptr;
  return std::make_shared<const std::vector<int64_t>>(std::move(rows));
}

Status CopyChosenRows(const FileBlock& block, const std::vector<int64_t>& rows,
                      FileBlockBuilder& builder) {
  for (const int64_t row : rows) ARROW_RETURN_NOT_OK(builder.AppendFrom(block, row));
  return Status::OK();
}

Status Flush(FileBlockBuilder& builder, std::vector<LiveFiles::Part>& parts) {
  if (builder.rows() == 0) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto block, std::exchange(builder, FileBlockBuilder()).Finish());
  parts.push_back({std::move(block), nullptr, 0});
  return Status::OK();
}

}  // namespace

void LogReplay::Add(Action& action) {
  if (auto* protocol = std::get_if<Protocol>(&action)) {
    if (!state_.protocol) state_.protocol = std::move(*protocol);
  } else if (auto* metadata = std::get_if<Metadata>(&action)) {
    if (!state_.metadata) state_.metadata = std::move(*metadata);
  } else if (auto* transaction = std::get_if<SetTransaction>(&action)) {
    state_.transactions.try_emplace(transaction->application_id, *transaction);
  } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
    domains_.try_emplace(domain->domain, *domain);
  }
}

void LogReplay::AddCommits(CommitBatch batch) {
  if (batches_.empty()) state_.in_commit_timestamp_ms = batch.in_commit_timestamp_ms;
  for (auto action = batch.actions.rbegin(); action != batch.actions.rend(); ++action) {
    Add(*action);
  }
  std::vector<int64_t> rows;
  for (auto word = batch.words.rbegin(); word != batch.words.rend(); ++word) {
    if (seen_.Insert(word->key) && word->row >= 0) rows.push_back(word->row);
  }
  std::reverse(rows.begin(), rows.end());
  live_rows_.push_back(std::move(rows));
  batches_.push_back(std::move(batch));
}

Status LogReplay::AddCommit(std::vector<Action> actions) {
  CommitBatchBuilder builder;
  for (auto& action : actions) ARROW_RETURN_NOT_OK(builder.Add(std::move(action)));
  ARROW_ASSIGN_OR_RAISE(auto batch, builder.Finish());
  AddCommits(std::move(batch));
  return Status::OK();
}

void LogReplay::AddCheckpoint(CheckpointContents checkpoint) {
  for (auto& action : checkpoint.actions) Add(action);
  size_t files = seen_.keys().size();
  for (const auto& block : checkpoint.blocks) files += static_cast<size_t>(block->files());
  seen_.Reserve(files);
  std::string scratch;
  for (auto& block : checkpoint.blocks) {
    std::vector<int64_t> rows;
    rows.reserve(static_cast<size_t>(block->files()));
    for (int64_t row = 0; row < block->rows(); ++row) {
      if (!block->IsFile(row)) continue;
      if (row + kPrefetchedRows < block->rows()) {
        seen_.Prefetch(block->key_hash(row + kPrefetchedRows));
      }
      FileKeyView key{block->key_hash(row), block->key(row, scratch)};
      if (key.key.data() == scratch.data() && !seen_.Contains(key)) {
        key.key = checkpoint_keys_.emplace_back(key.key);
      }
      if (seen_.Insert(key)) rows.push_back(row);
    }
    auto live = RowsOrAll(std::move(rows), *block);
    checkpoint_.push_back({std::move(block), std::move(live), 0});
  }
}

Result<std::vector<LiveFiles::Part>> LogReplay::CommittedParts() const {
  std::vector<LiveFiles::Part> parts;
  FileBlockBuilder small;
  for (size_t i = batches_.size(); i > 0; --i) {
    const auto& block = batches_[i - 1].files;
    const auto& rows = live_rows_[i - 1];
    if (rows.size() < kOwnPartFiles && batches_.size() > 1) {
      ARROW_RETURN_NOT_OK(CopyChosenRows(*block, rows, small));
      if (static_cast<size_t>(small.rows()) >= kOwnPartFiles) {
        ARROW_RETURN_NOT_OK(Flush(small, parts));
      }
      continue;
    }
    ARROW_RETURN_NOT_OK(Flush(small, parts));
    parts.push_back({block, RowsOrAll(rows, *block), 0});
  }
  ARROW_RETURN_NOT_OK(Flush(small, parts));
  return parts;
}

void LogReplay::TakeBase(const TableState& base) {
  if (!state_.protocol) state_.protocol = base.protocol;
  if (!state_.metadata) state_.metadata = base.metadata;
  for (const auto& [name, transaction] : base.transactions) {
    state_.transactions.try_emplace(name, transaction);
  }
  for (const auto& [name, domain] : base.domains) domains_.try_emplace(name, domain);
}

Result<TableState> LogReplay::Finish(const TableState* base) {
  if (base != nullptr) TakeBase(*base);
  for (auto& [name, domain] : domains_) {
    if (!domain.removed) state_.domains.emplace(name, std::move(domain));
  }
  ARROW_ASSIGN_OR_RAISE(auto added, CommittedParts());
  if (base == nullptr) {
    // What is in the checkpoint was compared on the way in.
    std::move(added.begin(), added.end(), std::back_inserter(checkpoint_));
    state_.files = LiveFiles::Of(std::move(checkpoint_));
  } else {
    state_.files = base->files.Without(seen_.keys());
    for (auto& part : added) ARROW_RETURN_NOT_OK(state_.files.Append(std::move(part)));
  }
  return std::move(state_);
}

}  // namespace deltaport::delta
