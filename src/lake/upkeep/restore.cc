#include "lake/upkeep/restore.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "delta/deletion_vector.h"
#include "delta/file_block.h"
#include "delta/live_files.h"
#include "delta/table_feature.h"
#include "delta/transaction.h"

namespace deltaport::lake {
namespace {

using delta::AddFile;
using delta::Snapshot;

constexpr char kIdentityMark[] = "delta.identity.highWaterMark";
constexpr char kIdentityStep[] = "delta.identity.step";
constexpr char kColumnIdMark[] = "delta.columnMapping.maxColumnId";
constexpr char kRowTrackingDomain[] = "delta.rowTracking";

int64_t NumberOr(std::string_view text, int64_t otherwise) {
  int64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<std::string> KeyOf(const delta::LiveFiles& files, size_t file) {
  const delta::FileExtras* extras = files.extras(file);
  return delta::FileKey(files.path(file),
                        extras != nullptr ? extras->deletion_vector : std::nullopt);
}

// Indices of the files of `from` that `other` lacks.
Result<std::vector<size_t>> Missing(const delta::LiveFiles& from, const delta::LiveFiles& other) {
  std::vector<size_t> missing;
  for (size_t i = 0; i < from.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const std::string key, KeyOf(from, i));
    if (!other.Find(key)) missing.push_back(i);
  }
  return missing;
}

Status CheckExists(const Snapshot& snapshot, size_t file) {
  const auto& store = *snapshot.location().store;
  const auto check = [&](const std::string& path) -> Status {
    const auto found = store.Head(path);
    if (found.ok() || CodeOf(found.status()) != ErrorCode::kNotFound) return found.status();
    return Error(ErrorCode::kNotFound,
                 "table {}: the file {} of version {} is gone, so that version cannot be restored; "
                 "ignore missing files to restore what is left of it",
                 snapshot.location().path, path, snapshot.version());
  };
  ARROW_RETURN_NOT_OK(check(snapshot.FilePath(file)));
  const delta::FileExtras* extras = snapshot.files().extras(file);
  if (extras == nullptr || !extras->deletion_vector) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto vector,
                        delta::DeletionVectorPath(snapshot.location(), *extras->deletion_vector));
  return vector ? check(*vector) : Status::OK();
}

// `schema` with the identity columns as far as `latest` has come.
Result<std::string> WithIdentityMarks(const std::string& schema_string, const Snapshot& latest) {
  ARROW_ASSIGN_OR_RAISE(auto schema, columnar::SchemaFromDeltaJson(schema_string));
  bool changed = false;
  for (int i = 0; i < schema->num_fields(); ++i) {
    const auto field = schema->field(i);
    const auto now = latest.schema()->GetFieldByName(field->name());
    if (now == nullptr || !now->metadata() || !field->metadata()) continue;
    const auto mark = now->metadata()->Get(kIdentityMark);
    if (!mark.ok() || !field->metadata()->Contains(kIdentityStep)) continue;
    const int64_t step = NumberOr(field->metadata()->Get(kIdentityStep).ValueOr("1"), 1);
    const auto old = field->metadata()->Get(kIdentityMark);
    const int64_t now_at = NumberOr(*mark, 0);
    const int64_t old_at = old.ok() ? NumberOr(*old, now_at) : now_at;
    if (old.ok() && (step > 0 ? old_at >= now_at : old_at <= now_at)) continue;
    auto metadata = field->metadata()->Copy();
    ARROW_RETURN_NOT_OK(metadata->Set(kIdentityMark, *mark));
    ARROW_ASSIGN_OR_RAISE(schema, schema->SetField(i, field->WithMetadata(metadata)));
    changed = true;
  }
  return changed ? columnar::SchemaToDeltaJson(*schema) : schema_string;
}

// Metadata of the old version, but for what may not go back.
Result<delta::Metadata> RestoredMetadata(const Snapshot& old, const Snapshot& latest) {
  delta::Metadata metadata = old.metadata();
  const auto& now = latest.metadata().configuration;
  auto& configuration = metadata.configuration;
  metadata.id = latest.metadata().id;
  const auto keeps = [](const std::string& name) {
    return name.starts_with("delta.inCommitTimestamp") ||
           name == "delta.enableInCommitTimestamps" || name.starts_with("delta.rowTracking") ||
           name == "delta.enableRowTracking";
  };
  std::erase_if(configuration, [&](const auto& entry) { return keeps(entry.first); });
  for (const auto& [name, value] : now) {
    if (keeps(name)) configuration[name] = value;
  }
  if (const auto mark = now.find(kColumnIdMark); mark != now.end()) {
    std::string& restored = configuration[kColumnIdMark];
    if (NumberOr(restored, 0) < NumberOr(mark->second, 0)) restored = mark->second;
  }
  ARROW_ASSIGN_OR_RAISE(metadata.schema_string, WithIdentityMarks(metadata.schema_string, latest));
  return metadata;
}

bool Same(const delta::Metadata& left, const delta::Metadata& right) {
  return left.name == right.name && left.description == right.description &&
         left.format_provider == right.format_provider &&
         left.format_options == right.format_options && left.schema_string == right.schema_string &&
         left.partition_columns == right.partition_columns &&
         left.configuration == right.configuration;
}

// The features of both; nullopt if the latest protocol has all of the old one.
std::optional<delta::Protocol> RaisedProtocol(const Snapshot& old, const Snapshot& latest) {
  delta::Protocol raised = latest.protocol();
  bool higher = false;
  const auto lift = [&](int& version, int other) {
    higher = higher || other > version;
    version = std::max(version, other);
  };
  lift(raised.min_reader_version, old.protocol().min_reader_version);
  lift(raised.min_writer_version, old.protocol().min_writer_version);
  const auto unite = [&](std::optional<std::vector<std::string>>& features,
                         const std::vector<std::string>& of_old,
                         const std::vector<std::string>& of_latest) {
    std::set<std::string> all(of_latest.begin(), of_latest.end());
    for (const auto& name : of_old) higher = all.insert(name).second || higher;
    features.emplace(all.begin(), all.end());
  };
  if (raised.min_reader_version >= 3) {
    unite(raised.reader_features, delta::ReaderFeatures(old.protocol()),
          delta::ReaderFeatures(latest.protocol()));
  }
  if (raised.min_writer_version >= 7) {
    unite(raised.writer_features, delta::WriterFeatures(old.protocol()),
          delta::WriterFeatures(latest.protocol()));
  }
  return higher ? std::optional(raised) : std::nullopt;
}

// Domains as they were; those of now that the old version lacks are removed.
void RestoreDomains(const Snapshot& old, const Snapshot& latest, delta::Transaction& transaction) {
  for (const auto& [name, domain] : old.domains()) {
    const auto now = latest.domains().find(name);
    const bool same =
        now != latest.domains().end() && now->second.configuration == domain.configuration;
    if (name != kRowTrackingDomain && !same) transaction.SetDomain(domain);
  }
  for (const auto& [name, domain] : latest.domains()) {
    if (name == kRowTrackingDomain || old.domains().contains(name)) continue;
    delta::DomainMetadata removed = domain;
    removed.removed = true;
    transaction.SetDomain(std::move(removed));
  }
}

delta::Operation RestoreOperation(const RestoreOptions& options, const RestoreOutcome& outcome) {
  delta::Operation operation;
  operation.name = "RESTORE";
  const auto* instant = std::get_if<delta::AtTimestamp>(&options.to);
  operation.parameters["version"] =
      instant == nullptr ? fmt::format("{}", outcome.restored_version) : "null";
  operation.parameters["timestamp"] =
      instant == nullptr ? "null" : fmt::format("{}", instant->timestamp_ms);
  const auto metric = [&](const char* name, int64_t value) {
    operation.metrics[name] = fmt::format("{}", value);
  };
  metric("tableSizeAfterRestore", outcome.size_bytes);
  metric("numOfFilesAfterRestore", outcome.files);
  metric("numRemovedFiles", outcome.removed_files);
  metric("numRestoredFiles", outcome.restored_files);
  metric("removedFilesSize", outcome.removed_bytes);
  metric("restoredFilesSize", outcome.restored_bytes);
  return operation;
}

}  // namespace

Result<RestoreOutcome> Restore(const storage::Location& table, const RestoreOptions& options,
                               const CancelToken& token) {
  if (std::holds_alternative<delta::LatestVersion>(options.to)) {
    return Error(ErrorCode::kInvalidArgument,
                 "a restore needs the version or the time to go back to");
  }
  ARROW_ASSIGN_OR_RAISE(const auto latest, Snapshot::Open(table));
  ARROW_ASSIGN_OR_RAISE(auto transaction, delta::Transaction::Start(latest));
  ARROW_ASSIGN_OR_RAISE(const auto old, Snapshot::Open(table, options.to));
  ARROW_ASSIGN_OR_RAISE(const auto back, Missing(old->files(), latest->files()));
  ARROW_ASSIGN_OR_RAISE(const auto gone, Missing(latest->files(), old->files()));
  if (!options.ignore_missing_files) {
    for (const size_t file : back) {
      ARROW_RETURN_NOT_OK(token.Check());
      ARROW_RETURN_NOT_OK(CheckExists(*old, file));
    }
  }
  RestoreOutcome outcome;
  outcome.restored_version = old->version();
  outcome.files = static_cast<int64_t>(old->files().size());
  outcome.size_bytes = old->files().total_size_bytes();
  outcome.restored_files = static_cast<int64_t>(back.size());
  outcome.removed_files = static_cast<int64_t>(gone.size());
  std::vector<AddFile> adds;
  for (const size_t file : back) {
    ARROW_ASSIGN_OR_RAISE(adds.emplace_back(), old->files().file(file));
    outcome.restored_bytes += adds.back().size_bytes;
  }
  for (const size_t file : gone) outcome.removed_bytes += latest->files().size_bytes(file);
  transaction.ReadWholeTable();
  transaction.RowRulesApplied();  // When the rows were written.
  ARROW_RETURN_NOT_OK(transaction.RemoveFiles(gone));
  transaction.AddFiles(std::move(adds));
  ARROW_ASSIGN_OR_RAISE(auto metadata, RestoredMetadata(*old, *latest));
  if (auto protocol = RaisedProtocol(*old, *latest)) {
    ARROW_RETURN_NOT_OK(transaction.SetProtocol(*std::move(protocol)));
  }
  if (!Same(metadata, latest->metadata())) {
    ARROW_RETURN_NOT_OK(transaction.SetMetadata(std::move(metadata)));
  }
  RestoreDomains(*old, *latest, transaction);
  ARROW_ASSIGN_OR_RAISE(const auto committed,
                        transaction.Commit(RestoreOperation(options, outcome), token));
  outcome.version = committed.version;
  return outcome;
}

}  // namespace deltaport::lake
