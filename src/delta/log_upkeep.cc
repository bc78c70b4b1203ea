#include "delta/log_upkeep.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "delta/action_json.h"
#include "delta/log_cleanup.h"
#include "delta/log_path.h"
#include "delta/snapshot_after_commit.h"
#include "delta/table_feature.h"
#include "delta/table_properties.h"
#include "delta/version_checksum.h"

namespace deltaport::delta {
namespace {

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The commit stands, so what follows it only leaves a line in the log.
void Warn(const CommitFacts& facts, const Status& status) {
  if (status.ok()) return;
  log::Warning(
      "a commit has succeeded, but what follows it has not",
      {{"table", facts.table.path}, {"version", facts.version}, {"error", status.message()}});
}

Result<CheckpointOutcome> WriteCheckpointBy(const Snapshot& snapshot,
                                            const TableProperties& properties) {
  const int64_t now_ms = NowMs();
  CheckpointOptions options;
  const auto features = ReaderFeatures(snapshot.protocol());
  options.v2 = properties.checkpoint_policy == CheckpointPolicy::kV2 &&
               std::find(features.begin(), features.end(), "v2Checkpoint") != features.end();
  options.statistics_json = properties.write_stats_as_json;
  options.statistics_struct = properties.write_stats_as_struct;
  // A list of columns may name any of them.
  options.statistics_columns = properties.statistics_columns ? -1 : properties.indexed_columns;
  options.tombstones_after_ms = now_ms - properties.deleted_file_retention_ms;
  if (properties.transaction_retention_ms) {
    options.transactions_after_ms = now_ms - *properties.transaction_retention_ms;
  }
  return WriteCheckpointFiles(snapshot, options);
}

// After the commit of `version`, which `latest` holds: the checkpoint, if one is due, and then the
// cleaning.
Status KeepLogShort(TableVersion version, const Snapshot& latest) {
  ARROW_ASSIGN_OR_RAISE(const auto properties, TableProperties::Of(latest.metadata()));
  if (version == 0 || version % properties.checkpoint_interval != 0) return Status::OK();
  ARROW_RETURN_NOT_OK(WriteCheckpointBy(latest, properties).status());
  if (!properties.expired_log_cleanup) return Status::OK();
  return CleanLog(latest.location(), properties.log_retention_ms, NowMs()).status();
}

// The commit's version, or a later one if other commits came between.
Result<std::shared_ptr<const Snapshot>> LatestOf(const CommitFacts& facts,
                                                 std::vector<Action> actions) {
  const TableVersion previous = facts.before ? facts.before->version() : -1;
  if (facts.version != previous + 1) return facts.before->Refresh();
  return SnapshotAfterCommit(facts.table, facts.before.get(), facts.version, std::move(actions));
}

// Writes the checksum file and what else is due.
Result<std::shared_ptr<const Snapshot>> FollowCommit(const CommitFacts& facts) {
  std::vector<Action> actions;
  std::optional<std::string> transaction_id;
  const std::string path = CommitPath(facts.table.path, facts.version);
  ARROW_RETURN_NOT_OK(ParseCommit(facts.lines, path, [&](Action&& action) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) transaction_id = info->transaction_id;
    actions.push_back(std::move(action));
    return Status::OK();
  }));
  ARROW_ASSIGN_OR_RAISE(auto latest, LatestOf(facts, std::move(actions)));
  if (latest->version() == facts.version) {
    Warn(facts, WriteVersionChecksum(*latest, transaction_id));
  }
  Warn(facts, KeepLogShort(facts.version, *latest));
  return latest;
}

}  // namespace

std::shared_ptr<const Snapshot> AfterCommit(const CommitFacts& facts) {
  auto latest = FollowCommit(facts);
  Warn(facts, latest.status());
  return latest.ok() ? latest.MoveValueUnsafe() : nullptr;
}

Result<CheckpointOutcome> WriteCheckpoint(const Snapshot& snapshot) {
  ARROW_RETURN_NOT_OK(CheckWritable(snapshot.protocol(), snapshot.metadata()));
  ARROW_ASSIGN_OR_RAISE(const auto properties, TableProperties::Of(snapshot.metadata()));
  return WriteCheckpointBy(snapshot, properties);
}

}  // namespace deltaport::delta
