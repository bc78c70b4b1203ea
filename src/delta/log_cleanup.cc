#include "delta/log_cleanup.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array.h>

#include "columnar/json_document.h"
#include "columnar/parquet_file.h"
#include "delta/commit_timestamp.h"
#include "delta/log_path.h"
#include "delta/log_segment.h"

namespace deltaport::delta {
namespace {

constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;

// Whether readers of the checkpoint of version `kept` and of what follows can do without the file.
// A compaction that starts at a checkpoint's version repeats what the checkpoint says.
bool IsBefore(const LogFileName& file, TableVersion kept) {
  if (file.kind == LogFileKind::kOther) return false;
  if (file.kind == LogFileKind::kCompactedCommits) return file.first_version <= kept;
  return file.version < kept;
}

// The newest version whose commit is older than the moment, or nothing.
std::optional<TableVersion> NewestBefore(const std::vector<CommitFile>& commits,
                                         int64_t moment_ms) {
  const auto times = CommitFileTimes(commits);
  const auto after = std::lower_bound(times.begin(), times.end(), moment_ms);
  if (after == times.begin()) return std::nullopt;
  return commits[static_cast<size_t>(after - times.begin()) - 1].version;
}

// Adds the sidecars that a checkpoint of either format names.
Status CollectSidecars(const storage::ObjectStore& store, const std::string& checkpoint,
                       std::set<std::string, std::less<>>& sidecars) {
  if (checkpoint.ends_with(".json")) {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, store.Read(checkpoint));
    std::string_view rest(*bytes);
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (line.empty()) continue;
      ARROW_ASSIGN_OR_RAISE(const auto action, columnar::JsonDocument::Parse(line));
      if (const auto path = action.root()["sidecar"]["path"].string()) sidecars.emplace(*path);
    }
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto file, columnar::ParquetFile::Open(store, checkpoint));
  if (!file->HasLeaf("sidecar.path")) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto batches,
                        file->Read([](std::string_view leaf) { return leaf == "sidecar.path"; }));
  while (true) {
    const auto batch = batches->Next();
    if (!batch.ok()) return file->Explain(batch.status());
    if (*batch == nullptr) return Status::OK();
    const auto& sidecar = static_cast<const arrow::StructArray&>(*(*batch)->column(0));
    const auto path = sidecar.field(0);
    if (path->type_id() != arrow::Type::STRING) {
      return Error(ErrorCode::kCorruptTable, "{}: the column sidecar.path must be a string",
                   checkpoint);
    }
    for (int64_t row = 0; row < path->length(); ++row) {
      if (path->IsNull(row)) continue;
      sidecars.emplace(static_cast<const arrow::StringArray&>(*path).GetView(row));
    }
  }
}

// A sidecar is written before the checkpoint that names it, so young ones are left alone. One whose
// checkpoint cannot be read stays: the error stops the cleaning.
Result<int64_t> CleanSidecars(const storage::Location& table, int64_t now_ms) {
  ARROW_ASSIGN_OR_RAISE(const auto files, table.store->List(SidecarDirectory(table.path)));
  std::vector<storage::ObjectInfo> old;
  std::copy_if(files.begin(), files.end(), std::back_inserter(old),
               [&](const auto& file) { return file.modified_ms < now_ms - kDayMs; });
  if (old.empty()) return 0;
  std::set<std::string, std::less<>> named;
  ARROW_ASSIGN_OR_RAISE(const auto log, table.store->List(LogDirectory(table.path)));
  for (const auto& file : log) {
    const LogFileKind kind = ParseLogFileName(FileNameOf(file)).kind;
    if (kind != LogFileKind::kCheckpoint && kind != LogFileKind::kUuidCheckpoint) continue;
    ARROW_RETURN_NOT_OK(CollectSidecars(*table.store, file.path, named));
  }
  int64_t deleted = 0;
  for (const auto& file : old) {
    if (!file.path.ends_with(".parquet") || named.contains(FileNameOf(file))) continue;
    ARROW_RETURN_NOT_OK(table.store->Remove(file.path));
    ++deleted;
  }
  return deleted;
}

}  // namespace

Result<LogCleanupOutcome> CleanLog(const storage::Location& table, int64_t retention_ms,
                                   int64_t now_ms) {
  LogCleanupOutcome outcome;
  const int64_t cut_off_ms = (now_ms - retention_ms) / kDayMs * kDayMs;
  ARROW_ASSIGN_OR_RAISE(const auto commits, ListCommits(table));
  const auto newest_old = NewestBefore(commits, cut_off_ms);
  if (!newest_old) return outcome;
  const auto segment = FindLogSegment(table, newest_old);
  // A log that cannot be read is not for cleaning to judge.
  if (!segment.ok()) return segment.status();
  if (!segment->checkpoint) return outcome;
  const TableVersion kept = segment->checkpoint->version;
  ARROW_ASSIGN_OR_RAISE(const auto files, table.store->List(LogDirectory(table.path)));
  for (const auto& file : files) {
    if (!IsBefore(ParseLogFileName(FileNameOf(file)), kept)) continue;
    ARROW_RETURN_NOT_OK(table.store->Remove(file.path));
    ++outcome.deleted_files;
  }
  ARROW_ASSIGN_OR_RAISE(outcome.deleted_sidecars, CleanSidecars(table, now_ms));
  return outcome;
}

}  // namespace deltaport::delta
