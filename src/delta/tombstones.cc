#include "delta/tombstones.h"

#include <string>
#include <unordered_set>

#include "delta/action_json.h"
#include "delta/checkpoint_reader.h"
#include "delta/file_block.h"
#include "delta/log_segment.h"

namespace deltaport::delta {
namespace {

// Keeps removes that are the newest word on their file; actions come newest first.
class TombstoneCollector {
 public:
  Status Visit(Action&& action) {
    if (const auto* add = std::get_if<AddFile>(&action)) {
      return FirstWord(add->path, add->deletion_vector).status();
    }
    auto* remove = std::get_if<RemoveFile>(&action);
    if (remove == nullptr) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const bool first, FirstWord(remove->path, remove->deletion_vector));
    if (first) tombstones_.push_back(std::move(*remove));
    return Status::OK();
  }

  std::vector<RemoveFile> Finish() { return std::move(tombstones_); }

 private:
  Result<bool> FirstWord(std::string_view path,
                         const std::optional<DeletionVectorDescriptor>& deletion_vector) {
    ARROW_ASSIGN_OR_RAISE(std::string key, FileKey(path, deletion_vector));
    return seen_.insert(std::move(key)).second;
  }

  std::unordered_set<std::string> seen_;
  std::vector<RemoveFile> tombstones_;
};

Status VisitCommit(const storage::ObjectStore& store, const CommitFile& commit,
                   TombstoneCollector& collector) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, store.Read(commit.file.path));
  std::vector<Action> actions;
  ARROW_RETURN_NOT_OK(ParseCommit(std::string_view(*bytes), commit.file.path, [&](Action&& action) {
    actions.push_back(std::move(action));
    return Status::OK();
  }));
  for (auto action = actions.rbegin(); action != actions.rend(); ++action) {
    const Status status = collector.Visit(std::move(*action));
    if (!status.ok()) return WithContext(status, commit.file.path);
  }
  return Status::OK();
}

}  // namespace

Result<std::vector<RemoveFile>> ReadTombstones(const storage::Location& table,
                                               TableVersion version) {
  ARROW_ASSIGN_OR_RAISE(const LogSegment segment, FindLogSegment(table, version));
  TombstoneCollector collector;
  for (auto commit = segment.commits.rbegin(); commit != segment.commits.rend(); ++commit) {
    ARROW_RETURN_NOT_OK(VisitCommit(*table.store, *commit, collector));
  }
  CheckpointReaderOptions options;
  options.removes = true;
  for (const auto& part : segment.checkpoint_parts) {
    ARROW_RETURN_NOT_OK(ReadCheckpointPart(*table.store, part.path, options, [&](Action&& action) {
      return collector.Visit(std::move(action));
    }));
  }
  return collector.Finish();
}

}  // namespace deltaport::delta
