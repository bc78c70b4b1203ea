#include "delta/table_state_reader.h"

#include <utility>

#include "base/log.h"
#include "delta/checkpoint_reader.h"
#include "delta/checksum_reader.h"
#include "delta/commit_reader.h"

namespace deltaport::delta {
namespace {

Status ReplayCommits(const storage::Location& table, const std::vector<CommitFile>& commits,
                     LogReplay& replay) {
  ARROW_ASSIGN_OR_RAISE(auto batches, ReadCommits(*table.store, commits));
  for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
    replay.AddCommits(std::move(*batch));
  }
  return Status::OK();
}

// The contents of the segment's checkpoint, or of an older one that can stand in for it.
Result<CheckpointContents> ReadBestCheckpoint(const storage::Location& table, LogSegment& segment) {
  std::vector<std::string> damaged;
  Status first_failure;
  while (true) {
    auto contents = ReadCheckpoint(table, *segment.checkpoint);
    if (contents.ok() || CodeOf(contents.status()) != ErrorCode::kCorruptTable) return contents;
    if (first_failure.ok()) first_failure = contents.status();
    damaged.push_back(segment.checkpoint->parts.front().path);
    auto older = FindLogSegment(table, segment.version, damaged);
    // From the first commit on is no checkpoint: whoever wants that removes the damaged file.
    if (!older.ok() || !older->checkpoint) return first_failure;
    log::Warning("a damaged checkpoint is left for an older one",
                 {{"path", damaged.back()},
                  {"error", contents.status().message()},
                  {"version", older->checkpoint->version}});
    segment = std::move(*older);
  }
}

}  // namespace

Result<TableState> ReadTableState(const storage::Location& table, LogSegment& segment) {
  std::optional<CheckpointContents> checkpoint;
  if (segment.checkpoint) {
    ARROW_ASSIGN_OR_RAISE(checkpoint, ReadBestCheckpoint(table, segment));
  }
  LogReplay replay;
  ARROW_RETURN_NOT_OK(ReplayCommits(table, segment.commits, replay));
  if (checkpoint) replay.AddCheckpoint(std::move(*checkpoint));
  return replay.Finish(nullptr);
}

Result<TableState> ExtendTableState(const storage::Location& table,
                                    const std::vector<CommitFile>& commits,
                                    const TableState& base) {
  LogReplay replay;
  ARROW_RETURN_NOT_OK(ReplayCommits(table, commits, replay));
  return replay.Finish(&base);
}

Result<Metadata> ReadTimeTravelMetadata(const storage::Location& table) {
  ARROW_ASSIGN_OR_RAISE(const LogSegment segment, FindLogSegment(table, std::nullopt));
  if (!segment.last_commit) return Metadata();
  LogReplay replay;
  ARROW_ASSIGN_OR_RAISE(auto newest, ReadCommits(*table.store, {*segment.last_commit}));
  if (!newest.front().in_commit_timestamp_ms) return Metadata();
  if (segment.checksum) {
    ARROW_ASSIGN_OR_RAISE(auto checksum, ReadChecksum(*table.store, segment.checksum->path));
    if (checksum) return std::move(checksum->metadata);
  }
  ARROW_RETURN_NOT_OK(ReplayCommits(table, segment.commits, replay));
  if (segment.checkpoint) {
    CheckpointReaderOptions options;
    options.files = false;
    ARROW_ASSIGN_OR_RAISE(auto checkpoint, ReadCheckpoint(table, *segment.checkpoint, options));
    replay.AddCheckpoint(std::move(checkpoint));
  }
  ARROW_ASSIGN_OR_RAISE(TableState state, replay.Finish(nullptr));
  return std::move(state.metadata).value_or(Metadata());
}

}  // namespace deltaport::delta
