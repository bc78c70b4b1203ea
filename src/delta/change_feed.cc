#include "delta/change_feed.h"

#include <algorithm>
#include <map>

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "delta/action_json.h"
#include "delta/commit_timestamp.h"
#include "delta/file_block.h"
#include "delta/live_files.h"

namespace deltaport::delta {
namespace {

constexpr char kFeedProperty[] = "delta.enableChangeDataFeed";

// The name that a column keeps when it is renamed.
std::string StableName(const arrow::Field& field) {
  if (!field.metadata()) return field.name();
  return field.metadata()->Get(columnar::kPhysicalNameKey).ValueOr(field.name());
}

// Why rows of `from` cannot be shown as rows of `to`; empty if they can.
std::string Incompatibility(const arrow::Schema& from, const arrow::Schema& to) {
  std::map<std::string, std::shared_ptr<arrow::Field>> columns;
  for (const auto& field : to.fields()) columns[StableName(*field)] = field;
  for (const auto& field : from.fields()) {
    const auto found = columns.find(StableName(*field));
    if (found == columns.end()) return fmt::format("the column '{}' is gone", field->name());
    const auto& later = *found->second;
    if (later.name() != field->name()) {
      return fmt::format("the column '{}' is called '{}'", field->name(), later.name());
    }
    if (!later.type()->Equals(*field->type())) {
      return fmt::format("the column '{}' was {} and is {}", field->name(),
                         columnar::DeltaTypeName(*field->type()),
                         columnar::DeltaTypeName(*later.type()));
    }
    if (field->nullable() && !later.nullable()) {
      return fmt::format("the column '{}' must not be null any more", field->name());
    }
  }
  return {};
}

Result<std::vector<CommitFile>> CommitsOf(const storage::Location& table) {
  ARROW_ASSIGN_OR_RAISE(auto commits, ListCommits(table));
  if (!commits.empty()) return commits;
  return Error(ErrorCode::kNotFound, "{}: is not a Delta table (it has no commits)", table.path);
}

}  // namespace

Result<ChangeRange> ChangesBetween(const storage::Location& table, int64_t first_ms,
                                   std::optional<int64_t> last_ms) {
  ARROW_ASSIGN_OR_RAISE(const auto latest, Snapshot::Open(table));
  ARROW_ASSIGN_OR_RAISE(const auto commits, CommitsOf(table));
  const auto version_at = [&](int64_t timestamp_ms) -> Result<TableVersion> {
    auto version = FindVersionAt(table, latest->metadata(), timestamp_ms);
    // Older than all that is left.
    if (!version.ok() && CodeOf(version.status()) == ErrorCode::kNotFound) {
      return commits.front().version - 1;
    }
    return version;
  };
  ChangeRange range;
  // Times are whole milliseconds, so this is the last version before the first instant.
  ARROW_ASSIGN_OR_RAISE(const TableVersion before, version_at(first_ms - 1));
  range.first = before + 1;
  TableVersion last = latest->version();
  if (last_ms) {
    ARROW_ASSIGN_OR_RAISE(last, version_at(*last_ms));
  }
  if (last < range.first) {
    return Error(ErrorCode::kNotFound, "table {}: no version was committed in that time",
                 table.path);
  }
  range.last = last;
  return range;
}

Result<ChangeFeed> ChangeFeed::Open(const storage::Location& table, const ChangeRange& range) {
  ARROW_ASSIGN_OR_RAISE(const auto latest, Snapshot::Open(table));
  const TableVersion last = std::min(range.last.value_or(latest->version()), latest->version());
  if (range.first < 0 || range.first > latest->version()) {
    return Error(ErrorCode::kNotFound, "table {}: version {} does not exist; the latest is {}",
                 table.path, range.first, latest->version());
  }
  if (last < range.first) {
    return Error(ErrorCode::kInvalidArgument,
                 "the first version ({}) must not be after the last one ({})", range.first, last);
  }
  ChangeFeed feed;
  feed.first_ = range.first;
  feed.last_ = latest;
  if (last != latest->version()) {
    ARROW_ASSIGN_OR_RAISE(feed.last_, Snapshot::Open(table, AtVersion{last}));
  }
  ARROW_ASSIGN_OR_RAISE(auto commits, CommitsOf(table));
  if (commits.front().version > range.first) {
    return Error(ErrorCode::kNotFound,
                 "table {}: the commit of version {} is gone; the oldest that is left is {}",
                 table.path, range.first, commits.front().version);
  }
  const auto times = CommitFileTimes(commits);
  for (size_t i = 0; i < commits.size(); ++i) {
    if (commits[i].version < range.first || commits[i].version > last) continue;
    feed.times_ms_.push_back(times[i]);
    feed.commits_.push_back(std::move(commits[i]));
  }
  if (feed.commits_.size() != static_cast<size_t>(last - range.first + 1)) {
    return Error(ErrorCode::kCorruptTable,
                 "table {}: commits between versions {} and {} are missing", table.path,
                 range.first, last);
  }
  ARROW_ASSIGN_OR_RAISE(const auto start, Snapshot::Open(table, AtVersion{range.first}));
  ARROW_RETURN_NOT_OK(feed.CheckMetadata(start->metadata(), range.first));
  return feed;
}

Status ChangeFeed::CheckMetadata(const Metadata& metadata, TableVersion version) const {
  const auto& table = last_->location().path;
  const auto found = metadata.configuration.find(kFeedProperty);
  if (found == metadata.configuration.end() || found->second != "true") {
    return Error(ErrorCode::kInvalidArgument,
                 "table {}: no changes are recorded for version {}, because {} is not true there; "
                 "ask for versions where it is",
                 table, version, kFeedProperty);
  }
  ARROW_ASSIGN_OR_RAISE(const auto schema, columnar::SchemaFromDeltaJson(metadata.schema_string));
  const std::string why = Incompatibility(*schema, *last_->schema());
  if (why.empty()) return Status::OK();
  return Error(ErrorCode::kInvalidArgument,
               "table {}: changes of version {} cannot be shown with the schema of version {}: {}; "
               "ask for a range that ends before the schema changed",
               table, version, last_->version(), why);
}

Result<AddFile> ChangeFeed::RemovedFile(const RemoveFile& remove, TableVersion version) {
  AddFile file;
  file.path = remove.path;
  file.partition_values = remove.partition_values;
  file.size_bytes = remove.size_bytes.value_or(0);
  file.deletion_vector = remove.deletion_vector;
  file.base_row_id = remove.base_row_id;
  const bool complete =
      remove.size_bytes && (remove.extended_file_metadata || last_->partition_columns().empty() ||
                            !remove.partition_values.empty());
  if (complete) return file;
  if (before_ == nullptr || before_->version() != version - 1) {
    ARROW_ASSIGN_OR_RAISE(before_, Snapshot::Open(last_->location(), AtVersion{version - 1}));
  }
  ARROW_ASSIGN_OR_RAISE(const std::string key, FileKey(remove.path, remove.deletion_vector));
  if (const auto index = before_->files().Find(key))
    return before_->files().FileWithoutStatistics(*index);
  return Error(ErrorCode::kCorruptTable,
               "table {}: version {} removes the file {}, which version {} does not have",
               last_->location().path, version, remove.path, version - 1);
}

Status ChangeFeed::Sort(std::vector<AddFile> adds, std::vector<RemoveFile> removes,
                        CommitChanges& changes) {
  std::map<std::string, size_t> removed;  // By path.
  std::vector<bool> paired(removes.size(), false);
  for (size_t i = 0; i < removes.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(std::string path, DecodeFilePath(removes[i].path));
    removed.emplace(std::move(path), i);
  }
  for (auto& add : adds) {
    ARROW_ASSIGN_OR_RAISE(const std::string path, DecodeFilePath(add.path));
    const auto found = removed.find(path);
    if (found == removed.end()) {
      changes.inserted.push_back(std::move(add));
      continue;
    }
    paired[found->second] = true;
    VectorChange change;
    change.before = removes[found->second].deletion_vector;
    change.after = add.deletion_vector;
    change.file = std::move(add);
    changes.vector_changes.push_back(std::move(change));
  }
  for (size_t i = 0; i < removes.size(); ++i) {
    if (paired[i]) continue;
    ARROW_ASSIGN_OR_RAISE(auto file, RemovedFile(removes[i], changes.version));
    changes.deleted.push_back(std::move(file));
  }
  return Status::OK();
}

Result<std::optional<CommitChanges>> ChangeFeed::Next() {
  if (next_ == commits_.size()) return std::nullopt;
  const CommitFile& commit = commits_[next_];
  CommitChanges changes;
  changes.version = commit.version;
  changes.timestamp_ms = times_ms_[next_];
  ++next_;
  std::vector<AddFile> adds;
  std::vector<RemoveFile> removes;
  ARROW_ASSIGN_OR_RAISE(const auto bytes, last_->location().store->Read(commit.file.path));
  ARROW_RETURN_NOT_OK(
      ParseCommit(std::string_view(*bytes), commit.file.path, [&](Action&& action) -> Status {
        if (auto* add = std::get_if<AddFile>(&action)) {
          if (add->data_change) adds.push_back(std::move(*add));
        } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
          if (remove->data_change) removes.push_back(std::move(*remove));
        } else if (auto* change = std::get_if<ChangeFile>(&action)) {
          changes.change_files.push_back(std::move(*change));
        } else if (const auto* metadata = std::get_if<Metadata>(&action)) {
          return CheckMetadata(*metadata, commit.version);
        } else if (const auto* info = std::get_if<CommitInfo>(&action)) {
          changes.timestamp_ms = info->in_commit_timestamp_ms.value_or(changes.timestamp_ms);
        }
        return Status::OK();
      }));
  if (changes.change_files.empty()) {
    ARROW_RETURN_NOT_OK(Sort(std::move(adds), std::move(removes), changes));
  }
  return changes;
}

}  // namespace deltaport::delta
