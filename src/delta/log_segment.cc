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
  std::vector<CommitFile> compacted;
  // Complete checkpoints; of several for one version those in one file come first.
  std::map<TableVersion, std::vector<CheckpointFiles>> checkpoints;
  std::map<TableVersion, storage::ObjectInfo> checksums;

  bool empty() const { return commits.empty() && checkpoints.empty(); }
  TableVersion latest() const {
    const TableVersion commit = commits.empty() ? -1 : commits.back().version;
    const TableVersion checkpoint = checkpoints.empty() ? -1 : checkpoints.rbegin()->first;
    return std::max(commit, checkpoint);
  }
  std::optional<storage::ObjectInfo> checksum(TableVersion version) const {
    const auto found = checksums.find(version);
    return found == checksums.end() ? std::nullopt : std::optional(found->second);
  }
};

// Parts of the multi-part checkpoints of one version, by their number of parts.
using CheckpointParts = std::map<int32_t, std::map<int32_t, storage::ObjectInfo>>;

void KeepComplete(const std::map<TableVersion, CheckpointParts>& multi_part, Listing& listing) {
  for (const auto& [version, by_count] : multi_part) {
    for (const auto& [count, parts] : by_count) {
      if (parts.size() != static_cast<size_t>(count)) continue;
      CheckpointFiles checkpoint{version, {}};
      for (const auto& [part, file] : parts) checkpoint.parts.push_back(file);
      listing.checkpoints[version].push_back(std::move(checkpoint));
    }
  }
}

Result<Listing> ListLog(const storage::Location& table, const std::string& start_after) {
  ARROW_ASSIGN_OR_RAISE(const auto files, table.store->List(LogDirectory(table.path), start_after));
  Listing listing;
  std::map<TableVersion, CheckpointParts> multi_part;
  for (const auto& file : files) {
    const LogFileName name = ParseLogFileName(FileNameOf(file));
    switch (name.kind) {
      case LogFileKind::kCommit:
        listing.commits.push_back({name.version, file, std::nullopt});
        break;
      case LogFileKind::kCheckpoint:
      case LogFileKind::kUuidCheckpoint:
        listing.checkpoints[name.version].push_back({name.version, {file}});
        break;
      case LogFileKind::kMultiPartCheckpoint:
        multi_part[name.version][name.parts][name.part] = file;
        break;
      case LogFileKind::kCompactedCommits:
        listing.compacted.push_back({name.version, file, name.first_version});
        break;
      case LogFileKind::kChecksum:
        listing.checksums.emplace(name.version, file);
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

Status MissingCommit(const storage::Location& table, TableVersion missing) {
  return Error(ErrorCode::kCorruptTable,
               "table {}: the log has a gap: {} is missing and no checkpoint stands in for it",
               table.path, CommitPath(table.path, missing));
}

bool Uses(const CheckpointFiles& checkpoint, const std::vector<std::string>& paths) {
  return std::any_of(checkpoint.parts.begin(), checkpoint.parts.end(), [&](const auto& part) {
    return std::find(paths.begin(), paths.end(), part.path) != paths.end();
  });
}

// The newest checkpoint that is not newer than `version` and not damaged.
std::optional<CheckpointFiles> NewestCheckpoint(const Listing& listing, TableVersion version,
                                                const std::vector<std::string>& damaged) {
  auto found = listing.checkpoints.upper_bound(version);
  while (found != listing.checkpoints.begin()) {
    --found;
    for (const auto& checkpoint : found->second) {
      if (!Uses(checkpoint, damaged)) return checkpoint;
    }
  }
  return std::nullopt;
}

const CommitFile* FindCommit(const std::vector<CommitFile>& commits, TableVersion version) {
  const auto found = std::lower_bound(
      commits.begin(), commits.end(), version,
      [](const CommitFile& commit, TableVersion wanted) { return commit.version < wanted; });
  return found == commits.end() || found->version != version ? nullptr : &*found;
}

// The compacted commits that reach furthest from `version` on, up to `last`.
const CommitFile* FindCompacted(const Listing& listing, TableVersion version, TableVersion last) {
  const CommitFile* best = nullptr;
  for (const auto& compacted : listing.compacted) {
    const bool covers = *compacted.compacted_from <= version && compacted.version >= version;
    if (covers && compacted.version <= last &&
        (best == nullptr || compacted.version > best->version)) {
      best = &compacted;
    }
  }
  return best;
}

// What to say where nothing leads to the version: it may have been cleaned up, or is damaged.
Status Unreachable(const storage::Location& table, const Listing& listing, TableVersion version,
                   TableVersion missing) {
  const auto later = listing.checkpoints.upper_bound(version);
  const bool from_start = FindCommit(listing.commits, 0) != nullptr;
  if (missing == 0 && !from_start && later != listing.checkpoints.end()) {
    return Error(ErrorCode::kNotFound,
                 "table {}: version {} is not available any more; the oldest that is left is {}",
                 table.path, version, later->first);
  }
  return MissingCommit(table, missing);
}

Result<LogSegment> SegmentOf(const storage::Location& table, const Listing& listing,
                             std::optional<TableVersion> at,
                             const std::vector<std::string>& damaged) {
  LogSegment segment;
  segment.version = at.value_or(listing.latest());
  segment.checkpoint = NewestCheckpoint(listing, segment.version, damaged);
  segment.checksum = listing.checksum(segment.version);
  if (const auto* last = FindCommit(listing.commits, segment.version)) segment.last_commit = *last;
  TableVersion next = segment.checkpoint ? segment.checkpoint->version + 1 : 0;
  while (next <= segment.version) {
    const CommitFile* commit = FindCommit(listing.commits, next);
    if (commit == nullptr) commit = FindCompacted(listing, next, segment.version);
    if (commit == nullptr) return Unreachable(table, listing, segment.version, next);
    segment.commits.push_back(*commit);
    next = commit->version + 1;
  }
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

Result<LogSegment> FindLogSegment(const storage::Location& table, std::optional<TableVersion> at,
                                  const std::vector<std::string>& damaged) {
  // The hint may name a damaged one, and hides those before it.
  ARROW_ASSIGN_OR_RAISE(const Listing listing,
                        damaged.empty() ? ListForVersion(table, at) : ListLog(table, ""));
  if (listing.empty()) {
    return Error(ErrorCode::kNotFound,
                 "{}: is not a Delta table (it has no _delta_log with commits)", table.path);
  }
  if (at && (*at < 0 || *at > listing.latest())) {
    return Error(ErrorCode::kNotFound, "table {}: version {} does not exist; the latest is {}",
                 table.path, *at, listing.latest());
  }
  return SegmentOf(table, listing, at, damaged);
}

Result<NewCommits> ListNewCommits(const storage::Location& table, TableVersion after) {
  const std::string name = VersionPrefix(after) + ".json";
  ARROW_ASSIGN_OR_RAISE(Listing listing, ListLog(table, name));
  TableVersion next = after + 1;
  for (const auto& commit : listing.commits) {
    if (commit.version != next) return MissingCommit(table, next);
    ++next;
  }
  return NewCommits{std::move(listing.commits), listing.checksum(next - 1)};
}

Result<std::vector<CommitFile>> ListCommitsAfter(const storage::Location& table,
                                                 TableVersion after) {
  ARROW_ASSIGN_OR_RAISE(NewCommits found, ListNewCommits(table, after));
  return std::move(found.commits);
}

Result<std::vector<CommitFile>> ListCommits(const storage::Location& table) {
  ARROW_ASSIGN_OR_RAISE(Listing listing, ListLog(table, ""));
  return std::move(listing.commits);
}

}  // namespace deltaport::delta
