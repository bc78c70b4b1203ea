#include "engine/table_files.h"

#include <algorithm>

#include <arrow/type_traits.h>

#include "delta/live_files.h"

namespace deltaport::engine {

namespace {

bool HoldsDays(const arrow::DataType& type) {
  return arrow::is_date(type.id()) || type.id() == arrow::Type::TIMESTAMP ||
         std::any_of(type.fields().begin(), type.fields().end(),
                     [](const auto& field) { return HoldsDays(*field->type()); });
}

// Then names of columns in the files mean nothing.
bool IsMappedById(const delta::Snapshot& snapshot) {
  const auto& configuration = snapshot.metadata().configuration;
  const auto mode = configuration.find("delta.columnMapping.mode");
  return mode != configuration.end() && mode->second == "id";
}

}  // namespace

const delta::Snapshot* SnapshotOf(const TableSource& table) {
  const auto* snapshot = std::get_if<std::shared_ptr<const delta::Snapshot>>(&table.files);
  return snapshot ? snapshot->get() : nullptr;
}

size_t FileCount(const TableSource& table) {
  if (const auto* snapshot = SnapshotOf(table)) return snapshot->files().size();
  return std::get<ParquetFiles>(table.files).files.size();
}

std::optional<std::string> StoredName(const TableSource& table, const std::string& column) {
  if (const auto* snapshot = SnapshotOf(table)) {
    const int position = snapshot->schema()->GetFieldIndex(column);
    if (position < 0 || snapshot->IsPartitionColumn(position)) return std::nullopt;
    if (IsMappedById(*snapshot)) return std::nullopt;
    return snapshot->PhysicalName(position);
  }
  const auto& hive = std::get<ParquetFiles>(table.files).hive_columns;
  if (std::find(hive.begin(), hive.end(), column) != hive.end()) return std::nullopt;
  return column;
}

bool HasDeletedRows(const TableSource& table, size_t file) {
  const auto* snapshot = SnapshotOf(table);
  const auto* extras = snapshot ? snapshot->files().extras(file) : nullptr;
  return extras && extras->deletion_vector;
}

Result<std::shared_ptr<arrow::Array>> FilePartitionValues(const TableSource& table,
                                                          const std::string& column) {
  const auto* snapshot = SnapshotOf(table);
  if (snapshot == nullptr) return std::shared_ptr<arrow::Array>();
  const int position = snapshot->schema()->GetFieldIndex(column);
  if (position < 0 || !snapshot->IsPartitionColumn(position)) {
    return std::shared_ptr<arrow::Array>();
  }
  return snapshot->PartitionValues(position);
}

std::optional<int> StoredField(const TableSource& table, const columnar::ParquetFooter& footer,
                               const std::string& column) {
  const auto stored_name = StoredName(table, column);
  const int field = stored_name ? footer.schema()->GetFieldIndex(*stored_name) : -1;
  if (field < 0) return std::nullopt;
  const auto& type = table.schema()->GetFieldByName(column)->type();
  if (footer.has_hybrid_days() && HoldsDays(*type)) return std::nullopt;
  return footer.schema()->field(field)->type()->Equals(type) ? std::optional(field) : std::nullopt;
}

Result<storage::ObjectInfo> HeadOfListed(const storage::ObjectStore& store, const std::string& path,
                                         int64_t size_bytes) {
  ARROW_ASSIGN_OR_RAISE(auto now, store.Head(path));
  if (now.size_bytes == size_bytes) return now;
  return Error(ErrorCode::kCorruptTable,
               "'{}' has {} bytes, not the {} that were listed: it was cut off or replaced; "
               "reload the dataset",
               path, now.size_bytes, size_bytes);
}

Status ExplainOpen(const Status& status, const std::string& path, bool in_log) {
  if (CodeOf(status) != ErrorCode::kNotFound) return status;
  return Error(ErrorCode::kCorruptTable, "'{}' is in the {} but missing", path,
               in_log ? "log" : "list of data files");
}

Result<TableFiles::OpenFile> TableFiles::Open(const TableSource& table, size_t file) {
  const auto* snapshot = SnapshotOf(table);
  const auto* listed = std::get_if<ParquetFiles>(&table.files);
  const auto& store = snapshot ? *snapshot->location().store : *listed->store;
  // Files that a log names never change. Others may be replaced under their name.
  Result<storage::ObjectInfo> info =
      snapshot
          ? storage::ObjectInfo{snapshot->FilePath(file), snapshot->files().size_bytes(file), 0}
          : HeadOfListed(store, listed->files[file].path, listed->files[file].size_bytes);
  if (!info.ok()) {
    return ExplainOpen(info.status(), listed->files[file].path, false);
  }
  OpenFile open;
  auto opened = store.Open(info->path, info->size_bytes);
  if (!opened.ok()) return ExplainOpen(opened.status(), info->path, snapshot != nullptr);
  open.file = *std::move(opened);
  const std::string key =
      fmt::format("{}:{}\n{}\n{}", store.scheme(), info->path, info->size_bytes, info->modified_ms);
  open.footer = footers_.Find(key);
  if (!open.footer) {
    ARROW_ASSIGN_OR_RAISE(open.footer, columnar::ParquetFooter::Read(info->path, open.file));
    footers_.Keep(key, open.footer, open.footer->memory_bytes());
  }
  return open;
}

}  // namespace deltaport::engine
