#include "delta/log_segment.h"

#include <algorithm>
#include <map>

#include "columnar/json_document.h"
#include "delta/log_path.h"

namespace deltaport::delta {
namespace {

// What one listing of the log directory found.
struct Listing {
  std::vector<CommitFile> commits;  // By version.
  // Complete checkpoints; of several for one version the one in fewest parts.
  std::map<TableVersion, std::vector<storage::ObjectInfo>> checkpoints;
  bool uuid_checkpoints = false;

  bool empty() const { return commits.empty() && checkpoints.empty() && !uuid_checkpoints; }
  TableVersion latest() const {
    const TableVersion commit = commits.empty() ? -1 : commits.back().version;
    const TableVersion checkpoint = checkpoints.empty() ? -1 : checkpoints.rbegin()->first;
    return std::max(commit, checkpoint);
  }
};

std::string_view NameOf(const storage::ObjectInfo& file) {
  return std::string_view(file.path).substr(file.path.rfind('/') + 1);
}

// Parts of the multi-part checkpoints of one version, by their number of parts.
using Parts = std::map<int32_t, std::map<int32_t, storage::ObjectInfo>>;

void KeepComplete(const std::map<TableVersion, Parts>& multi_part, Listing& listing) {
  for (const auto& [version, by_count] : multi_part) {
    if (listing.checkpoints.contains(version)) continue;
    for (const auto& [count, parts] : by_count) {
      if (parts.size() != static_cast<size_t>(count)) continue;
      auto& files = listing.checkpoints[version];
      for (const auto& [part, file] : parts) files.push_back(file);
      break;
    }
  }
}

Result<Listing> ListLog(const storage::Location& table, const std::string& start_after) {
  ARROW_ASSIGN_OR_RAISE(const auto files, table.store->List(LogDirectory(table.path), start_after));
  Listing listing;
  std::map<TableVersion, Parts> multi_part;
  for (const auto& file : files) {
    const LogFileName name = ParseLogFileName(NameOf(file));
    switch (name.kind) {
      case LogFileKind::kCommit:
        listing.commits.push_back({name.version, file});
        break;
      case LogFileKind::kCheckpoint:
        listing.checkpoints[name.version] = {file};
        break;
      case LogFileKind::kMultiPartCheckpoint:
        multi_part[name.version][name.parts][name.part] = file;
        break;
      case LogFileKind::kUuidCheckpoint:
        listing.uuid_checkpoints = true;
        break;
      case LogFileKind::kOther:
        break;
    }
  }
  KeepComplete(multi_part, listing);
  return listing;
}

// The version that `_last_checkpoint` names, if it can be read at all.
std::optional<TableVersion> CheckpointHint(const storage::Location& table) {
  const auto bytes = table.store->Read(LastCheckpointPath(table.path));
  if (!bytes.ok()) return std::nullopt;
  const auto document = columnar::JsonDocument::Parse(std::string_view(**bytes));
  if (!document.ok()) return std::nullopt;
  const auto version = document->root()["version"].integer();
  return version && *version >= 0 ? version : std::nullopt;
}

Status MissingCommit(const storage::Location& table, TableVersion missing, const Listing& listing) {
  if (listing.uuid_checkpoints) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "table {}: its log starts at a checkpoint of the feature v2Checkpoint, which is "
                 "not supported",
                 table.path);
  }
  return Error(ErrorCode::kCorruptTable,
               "table {}: the log has a gap: {} is missing and no checkpoint stands in for it",
               table.path, CommitPath(table.path, missing));
}

Result<LogSegment> SegmentOf(const storage::Location& table, const Listing& listing,
                             std::optional<TableVersion> at) {
  LogSegment segment;
  segment.version = at.value_or(listing.latest());
  const auto after = listing.checkpoints.upper_bound(segment.version);
  if (after != listing.checkpoints.begin()) {
    segment.checkpoint_version = std::prev(after)->first;
    segment.checkpoint_parts = std::prev(after)->second;
  }
  TableVersion next = segment.checkpoint_version.value_or(-1) + 1;
  for (const auto& commit : listing.commits) {
    if (commit.version == segment.version) segment.last_commit = commit;
    if (commit.version < next || commit.version > segment.version) continue;
    if (commit.version != next) return MissingCommit(table, next, listing);
    segment.commits.push_back(commit);
    ++next;
  }
  if (next <= segment.version) return MissingCommit(table, next, listing);
  return segment;
}

Result<Listing> ListForVersion(const storage::Location& table, std::optional<TableVersion> at) {
  const auto hint = CheckpointHint(table);
  if (hint && (!at || *hint <= *at)) {
    ARROW_ASSIGN_OR_RAISE(Listing listing, ListLog(table, VersionPrefix(*hint)));
    // Otherwise the hint is stale or wrong, and the whole directory decides.
    if (listing.checkpoints.contains(*hint)) return listing;
  }
  return ListLog(table, "");
}

}  // namespace

Result<LogSegment> FindLogSegment(const storage::Location& table, std::optional<TableVersion> at) {
  ARROW_ASSIGN_OR_RAISE(const Listing listing, ListForVersion(table, at));
  if (listing.empty()) {
    return Error(ErrorCode::kNotFound,
                 "{}: is not a Delta table (it has no _delta_log with commits)", table.path);
  }
  if (at && (*at < 0 || *at > listing.latest())) {
    return Error(ErrorCode::kNotFound, "table {}: version {} does not exist; the latest is {}",
                 table.path, *at, listing.latest());
  }
  return SegmentOf(table, listing, at);
}

Result<std::vector<CommitFile>> ListCommitsAfter(const storage::Location& table,
                                                 TableVersion after) {
  const std::string name = VersionPrefix(after) + ".json";
  ARROW_ASSIGN_OR_RAISE(Listing listing, ListLog(table, name));
  TableVersion next = after + 1;
  for (const auto& commit : listing.commits) {
    if (commit.version != next) return MissingCommit(table, next, listing);
    ++next;
  }
  return std::move(listing.commits);
}

Result<std::vector<CommitFile>> ListCommits(const storage::Location& table) {
  ARROW_ASSIGN_OR_RAISE(Listing listing, ListLog(table, ""));
  return std::move(listing.commits);
}

}  // namespace deltaport::delta
