#include "delta/commit_batch.h"

namespace deltaport::delta {

Status CommitBatchBuilder::AddCommit(std::string_view bytes, std::string_view file) {
  batch_.in_commit_timestamp_ms.reset();
  first_action_ = true;
  ARROW_ASSIGN_OR_RAISE(const size_t actions, VisitLogLines(bytes, {file}, *this));
  return actions == 0 ? EmptyCommit(file) : Status::OK();
}

Status CommitBatchBuilder::AddLines(std::string_view bytes, const LogLines& lines) {
  first_action_ = lines.lines_before == 0;
  return VisitLogLines(bytes, lines, *this).status();
}

FileKeyView CommitBatchBuilder::Keep(std::string_view key) {
  const std::string& kept = batch_.key_texts.emplace_back(key);
  return {HashOfKey(kept), kept};
}

Status CommitBatchBuilder::OnAdd(const AddFileView& add) {
  first_action_ = false;
  const auto& vector = add.extras.deletion_vector;
  ARROW_ASSIGN_OR_RAISE(const auto key, FileKeyIn(add.path, vector ? &*vector : nullptr, scratch_));
  if (add.size_bytes < 0) {
    return Error(ErrorCode::kCorruptTable, "the file '{}' has the size {}", add.path,
                 add.size_bytes);
  }
  const int64_t row = files_.rows();
  // A key that is the path itself will be found in the finished column.
  const bool is_path = key.data() == add.path.data();
  batch_.words.push_back({is_path ? FileKeyView() : Keep(key), row});
  return files_.Append(add);
}

Status CommitBatchBuilder::OnAction(Action&& action) {
  first_action_ = false;
  const auto* remove = std::get_if<RemoveFile>(&action);
  if (remove != nullptr) {
    const auto& vector = remove->deletion_vector;
    ARROW_ASSIGN_OR_RAISE(const auto key,
                          FileKeyIn(remove->path, vector ? &*vector : nullptr, scratch_));
    batch_.words.push_back({Keep(key), -1});
    if (!keep_removes_) return Status::OK();
  }
  // Change files are no part of a table's state.
  if (std::holds_alternative<ChangeFile>(action)) return Status::OK();
  batch_.actions.push_back(std::move(action));
  return Status::OK();
}

Status CommitBatchBuilder::OnCommitInfo(columnar::JsonValue info) {
  if (first_action_) batch_.in_commit_timestamp_ms = info["inCommitTimestamp"].integer();
  first_action_ = false;
  return Status::OK();
}

Status CommitBatchBuilder::Add(Action&& action) {
  if (const auto* info = std::get_if<CommitInfo>(&action)) {
    if (first_action_) batch_.in_commit_timestamp_ms = info->in_commit_timestamp_ms;
    first_action_ = false;
    return Status::OK();
  }
  const auto* add = std::get_if<AddFile>(&action);
  if (add == nullptr) return OnAction(std::move(action));
  const PartitionValueViews values(add->partition_values.begin(), add->partition_values.end());
  return OnAdd(ViewOf(*add, values));
}

Result<CommitBatch> CommitBatchBuilder::Finish() {
  ARROW_ASSIGN_OR_RAISE(batch_.files, files_.Finish());
  for (auto& word : batch_.words) {
    if (word.key.key.data() != nullptr) continue;
    word.key = {batch_.files->key_hash(word.row), batch_.files->path(word.row)};
  }
  return std::move(batch_);
}

}  // namespace deltaport::delta
