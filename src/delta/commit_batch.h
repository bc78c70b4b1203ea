// The actions of successive commits, or of some lines of one, as columns: what replay takes.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/action.h"
#include "delta/action_json.h"
#include "delta/file_block.h"
#include "delta/file_key.h"

namespace deltaport::delta {

struct CommitBatch {
  // One word on a file.
  struct FileWord {
    FileKeyView key;
    int64_t row = -1;  // Of the added file in `files`; -1: a remove.
  };

  std::shared_ptr<const FileBlock> files;  // Added ones, in log order.
  std::vector<FileWord> words;             // Adds and removes, in log order.
  // Protocol, metadata, transactions and domains in log order; removes only where they were asked
  // for.
  std::vector<Action> actions;
  // What the last commit's commitInfo says, where that is its first action: by the protocol it
  // comes first where its timestamp counts.
  std::optional<int64_t> in_commit_timestamp_ms;
  // Text of keys that are not paths of `files`. A copy would leave `words` behind.
  std::deque<std::string> key_texts;

  CommitBatch() = default;
  CommitBatch(CommitBatch&&) noexcept = default;
  CommitBatch& operator=(CommitBatch&&) noexcept = default;
};

class CommitBatchBuilder final : public LogVisitor {
 public:
  // Whether `actions` gets the removes as well.
  explicit CommitBatchBuilder(bool keep_removes = false) : keep_removes_(keep_removes) {}

  // All lines of one commit; call from the oldest to the newest. kCorruptTable naming the file.
  Status AddCommit(std::string_view bytes, std::string_view file);
  // Some whole lines of one.
  Status AddLines(std::string_view bytes, const LogLines& lines);

  // One action of a commit that is not in a file.
  Status Add(Action&& action);

  // Paths as FileBlock::Make wants them. The builder is spent.
  Result<CommitBatch> Finish();

  Status OnAdd(const AddFileView& add) override;
  Status OnAction(Action&& action) override;
  Status OnCommitInfo(columnar::JsonValue info) override;

 private:
  // Keeps the text of a key that lies elsewhere.
  FileKeyView Keep(std::string_view key);

  const bool keep_removes_;
  FileBlockBuilder files_;
  CommitBatch batch_;
  std::string scratch_;
  bool first_action_ = true;
};

}  // namespace deltaport::delta
