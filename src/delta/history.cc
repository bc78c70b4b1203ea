#include "delta/history.h"

#include <algorithm>

#include "delta/action_json.h"
#include "delta/commit_timestamp.h"
#include "delta/log_segment.h"

namespace deltaport::delta {
namespace {

Result<HistoryEntry> ReadEntry(const storage::ObjectStore& store, const CommitFile& commit,
                               int64_t file_time_ms) {
  HistoryEntry entry;
  entry.version = commit.version;
  entry.timestamp_ms = file_time_ms;
  ARROW_ASSIGN_OR_RAISE(const auto bytes, store.Read(commit.file.path));
  ARROW_RETURN_NOT_OK(ParseCommit(std::string_view(*bytes), commit.file.path, [&](Action&& action) {
    auto* info = std::get_if<CommitInfo>(&action);
    if (info == nullptr) return Status::OK();
    if (info->in_commit_timestamp_ms) {
      entry.timestamp_ms = *info->in_commit_timestamp_ms;
    } else if (info->timestamp_ms) {
      entry.timestamp_ms = *info->timestamp_ms;
    }
    entry.operation = std::move(info->operation);
    entry.parameters = std::move(info->operation_parameters);
    entry.metrics = std::move(info->operation_metrics);
    entry.engine = std::move(info->engine_info);
    entry.user = std::move(info->user_name);
    return Status::OK();
  }));
  return entry;
}

}  // namespace

Result<std::vector<HistoryEntry>> ReadHistory(const storage::Location& location, size_t limit) {
  ARROW_ASSIGN_OR_RAISE(const auto commits, ListCommits(location));
  if (commits.empty()) {
    return Error(ErrorCode::kNotFound, "{}: is not a Delta table (it has no commits)",
                 location.path);
  }
  const auto times = CommitFileTimes(commits);
  std::vector<HistoryEntry> history;
  const size_t count = limit == 0 ? commits.size() : std::min(limit, commits.size());
  history.reserve(count);
  for (size_t i = commits.size(); i > commits.size() - count; --i) {
    ARROW_ASSIGN_OR_RAISE(auto entry, ReadEntry(*location.store, commits[i - 1], times[i - 1]));
    history.push_back(std::move(entry));
  }
  return history;
}

}  // namespace deltaport::delta
