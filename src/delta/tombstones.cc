#include "delta/tombstones.h"

#include <deque>
#include <string>
#include <utility>

#include "delta/checkpoint_reader.h"
#include "delta/commit_reader.h"
#include "delta/file_key.h"
#include "delta/log_segment.h"

namespace deltaport::delta {
namespace {

// Keeps removes that are the newest word on their file.
class TombstoneCollector {
 public:
  // Newest commits first.
  void AddCommits(CommitBatch batch) {
    // The actions of a batch hold its removes in the order of its words.
    std::vector<RemoveFile*> removes;
    for (auto& action : batch.actions) {
      if (auto* remove = std::get_if<RemoveFile>(&action)) removes.push_back(remove);
    }
    size_t left = removes.size();
    for (auto word = batch.words.rbegin(); word != batch.words.rend(); ++word) {
      RemoveFile* remove = word->row < 0 ? removes[--left] : nullptr;
      if (seen_.Insert(word->key) && remove != nullptr) tombstones_.push_back(std::move(*remove));
    }
    batches_.push_back(std::move(batch));
  }

  Status AddCheckpoint(CheckpointContents checkpoint) {
    std::string scratch;
    for (auto& action : checkpoint.actions) {
      auto* remove = std::get_if<RemoveFile>(&action);
      if (remove == nullptr) continue;
      const auto& vector = remove->deletion_vector;
      ARROW_ASSIGN_OR_RAISE(const auto key,
                            FileKeyIn(remove->path, vector ? &*vector : nullptr, scratch));
      // A checkpoint is reconciled in itself.
      if (!seen_.Contains({HashOfKey(key), key})) tombstones_.push_back(std::move(*remove));
    }
    return Status::OK();
  }

  std::vector<RemoveFile> Finish() { return std::move(tombstones_); }

 private:
  FileKeySet seen_;
  std::deque<CommitBatch> batches_;  // Their texts are keys of `seen_`.
  std::vector<RemoveFile> tombstones_;
};

}  // namespace

Result<std::vector<RemoveFile>> ReadTombstones(const storage::Location& table,
                                               TableVersion version) {
  ARROW_ASSIGN_OR_RAISE(const LogSegment segment, FindLogSegment(table, version));
  CommitReaderOptions commit_options;
  commit_options.removes = true;
  ARROW_ASSIGN_OR_RAISE(auto batches, ReadCommits(*table.store, segment.commits, commit_options));
  TombstoneCollector collector;
  for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
    collector.AddCommits(std::move(*batch));
  }
  if (segment.checkpoint) {
    CheckpointReaderOptions options;
    options.files = false;
    options.removes = true;
    ARROW_ASSIGN_OR_RAISE(auto checkpoint, ReadCheckpoint(table, *segment.checkpoint, options));
    ARROW_RETURN_NOT_OK(collector.AddCheckpoint(std::move(checkpoint)));
  }
  return collector.Finish();
}

}  // namespace deltaport::delta
