#include "delta/commit_timestamp.h"

#include <algorithm>
#include <charconv>

#include "delta/action_json.h"
#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

std::optional<int64_t> IntegerSetting(const Metadata& metadata, const std::string& name) {
  const auto found = metadata.configuration.find(name);
  if (found == metadata.configuration.end()) return std::nullopt;
  int64_t value = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status TooEarly(const storage::Location& table, int64_t timestamp_ms, TableVersion oldest) {
  return Error(ErrorCode::kNotFound,
               "table {}: no version is as old as {}Z; the oldest that is left is version {}",
               table.path, TimestampText(timestamp_ms * 1000), oldest);
}

// The index of the last of `count` ascending times that is <= timestamp_ms, or -1.
Result<int64_t> LastAtOrBefore(int64_t count, int64_t timestamp_ms,
                               const std::function<Result<int64_t>(int64_t)>& time_of) {
  int64_t low = -1;  // The answer is in [low, high).
  int64_t high = count;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    ARROW_ASSIGN_OR_RAISE(const int64_t time, time_of(middle));
    (time <= timestamp_ms ? low : high) = middle;
  }
  return low;
}

}  // namespace

std::vector<int64_t> CommitFileTimes(const std::vector<CommitFile>& commits) {
  std::vector<int64_t> times;
  times.reserve(commits.size());
  for (const auto& commit : commits) {
    const int64_t time = commit.file.modified_ms;
    times.push_back(times.empty() ? time : std::max(time, times.back() + 1));
  }
  return times;
}

bool UsesInCommitTimestamps(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.enableInCommitTimestamps");
  return found != metadata.configuration.end() && found->second == "true";
}

Result<int64_t> ReadInCommitTimestamp(const storage::ObjectStore& store, const CommitFile& commit) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, store.Read(commit.file.path));
  std::string_view first_line(*bytes);
  first_line = first_line.substr(0, first_line.find('\n'));
  std::optional<int64_t> time;
  ARROW_RETURN_NOT_OK(ParseCommit(first_line, commit.file.path, [&](Action&& action) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) time = info->in_commit_timestamp_ms;
    return Status::OK();
  }));
  if (!time) {
    return Error(ErrorCode::kCorruptTable, "{}: its first action has no inCommitTimestamp",
                 commit.file.path);
  }
  return *time;
}

Result<TableVersion> FindVersionAt(const storage::Location& table, const Metadata& metadata,
                                   int64_t timestamp_ms) {
  ARROW_ASSIGN_OR_RAISE(const auto commits, ListCommits(table));
  if (commits.empty()) {
    return Error(ErrorCode::kNotFound, "table {}: no commit file is left to tell its time",
                 table.path);
  }
  std::vector<CommitFile> by_file = commits;
  std::vector<CommitFile> in_commit;
  if (UsesInCommitTimestamps(metadata)) {
    // Turned on late, two properties say where file times end.
    const auto enabled_at =
        IntegerSetting(metadata, "delta.inCommitTimestampEnablementVersion").value_or(0);
    const auto split = std::find_if(by_file.begin(), by_file.end(), [&](const CommitFile& commit) {
      return commit.version >= enabled_at;
    });
    in_commit.assign(split, by_file.end());
    by_file.erase(split, by_file.end());
  }
  ARROW_ASSIGN_OR_RAISE(
      const int64_t in_commit_index,
      LastAtOrBefore(static_cast<int64_t>(in_commit.size()), timestamp_ms, [&](int64_t i) {
        return ReadInCommitTimestamp(*table.store, in_commit[static_cast<size_t>(i)]);
      }));
  if (in_commit_index >= 0) return in_commit[static_cast<size_t>(in_commit_index)].version;
  const auto times = CommitFileTimes(by_file);
  const auto after = std::upper_bound(times.begin(), times.end(), timestamp_ms);
  if (after == times.begin()) return TooEarly(table, timestamp_ms, commits.front().version);
  return by_file[static_cast<size_t>(after - times.begin()) - 1].version;
}

}  // namespace deltaport::delta
