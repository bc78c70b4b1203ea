#include "engine/duckdb/scan_table.h"

#include <arrow/builder.h>
#include <arrow/util/key_value_metadata.h>
#include <duckdb/storage/statistics/numeric_stats.hpp>

#include "columnar/delta_schema.h"
#include "delta/live_files.h"
#include "delta/type_change.h"
#include "engine/duckdb/capability_file_system.h"
#include "engine/duckdb/type_mapping.h"
#include "engine/file_column.h"
#include "engine/hive_path.h"

namespace deltaport::engine {
namespace {

using duckdb::BaseStatistics;
using duckdb::LogicalTypeId;

// The optimizer asks for the bounds of every column that a query names. Those of a table of more
// files cost more than a plan can gain; for leaving out files they are read all the same.
constexpr size_t kOptimizerFilesMax = 4096;

bool HasNumericBounds(const duckdb::LogicalType& type) {
  return BaseStatistics::GetStatsType(type) == duckdb::StatisticsType::NUMERIC_STATS &&
         type.id() != LogicalTypeId::BOOLEAN && type.id() != LogicalTypeId::TIMESTAMP_NS;
}

Result<std::shared_ptr<arrow::Array>> HiveConstants(const ParquetFiles& files,
                                                    const arrow::Field& field) {
  ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(field.type()));
  for (const auto& file : files.files) {
    std::optional<std::string> text;
    for (auto& [key, value] : HiveValues(file.path)) {
      if (key == field.name()) text = std::move(value);
    }
    ARROW_ASSIGN_OR_RAISE(const auto scalar, ParseHiveValue(text, field.type()));
    ARROW_RETURN_NOT_OK(builder->AppendScalar(*scalar));
  }
  return builder->Finish();
}

// False for what a view adds to the columns of its table: that is in files under its own name
// (delta/snapshot_view.h). The snapshot has checked that all others are mapped, if mapping is on.
bool IsMapped(const arrow::Field& field) {
  return field.metadata() && field.metadata()->Contains(columnar::kPhysicalNameKey);
}

}  // namespace

Result<std::shared_ptr<const ScanTable>> ScanTable::Make(const TableSource& source) {
  auto table = std::make_shared<ScanTable>();
  table->schema_ = source.schema();
  if (const auto* snapshot = std::get_if<std::shared_ptr<const delta::Snapshot>>(&source.files)) {
    ARROW_RETURN_NOT_OK(table->AddSnapshot(*snapshot));
  } else {
    ARROW_RETURN_NOT_OK(table->AddParquetFiles(std::get<ParquetFiles>(source.files)));
  }
  if (table->columns_.empty()) {
    return Error(ErrorCode::kUnsupportedFeature, "table '{}' has no columns", source.name);
  }
  table->bounds_ = std::make_unique<ColumnBounds[]>(table->columns_.size());
  return table;
}

Status ScanTable::AddSnapshot(std::shared_ptr<const delta::Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  const auto mapping = ColumnMappingOf(snapshot_->metadata());
  for (const auto& field : schema_->fields()) {
    if (IsFileColumn(*field)) {
      ARROW_ASSIGN_OR_RAISE(columns_.emplace_back(),
                            TableColumn::Make(*field, delta::ColumnMappingMode::kNone));
      stored_columns_.push_back(-1);
      constants_.emplace_back();
      continue;
    }
    // Some of the table's columns may be hidden, so positions differ.
    const int stored = snapshot_->schema()->GetFieldIndex(field->name());
    if (stored < 0) {
      return Error(ErrorCode::kNotFound, "the table has no column '{}'", field->name());
    }
    const bool constant = snapshot_->IsPartitionColumn(stored);
    const arrow::Field& own = *snapshot_->schema()->field(stored);
    ARROW_ASSIGN_OR_RAISE(
        columns_.emplace_back(),
        TableColumn::Make(own, IsMapped(own) ? mapping : delta::ColumnMappingMode::kNone));
    columns_.back().stored = columns_.back().stored && !constant;
    stored_columns_.push_back(stored);
    auto& values = constants_.emplace_back();
    if (constant) {
      ARROW_ASSIGN_OR_RAISE(values, snapshot_->PartitionValues(stored));
    }
  }
  store_ = snapshot_->location().store;
  file_count_ = snapshot_->files().size();
  row_count_ = snapshot_->RowCount();
  return Status::OK();
}

Status ScanTable::AddParquetFiles(const ParquetFiles& files) {
  for (const auto& field : schema_->fields()) {
    const bool constant = std::ranges::count(files.hive_columns, field->name()) > 0;
    ARROW_ASSIGN_OR_RAISE(columns_.emplace_back(),
                          TableColumn::Make(*field, delta::ColumnMappingMode::kNone));
    auto& values = constants_.emplace_back();
    if (constant) {
      ARROW_ASSIGN_OR_RAISE(values, HiveConstants(files, *field));
    }
  }
  store_ = files.store;
  listed_files_ = files.files;
  file_count_ = listed_files_.size();
  row_count_ = files.row_count;
  return Status::OK();
}

duckdb::OpenFileInfo ScanTable::File(size_t file) const {
  if (snapshot_) {
    return GrantRead(store_, snapshot_->FilePath(file), snapshot_->files().size_bytes(file), file,
                     true);
  }
  return GrantRead(store_, listed_files_[file].path, listed_files_[file].size_bytes, file, false);
}

const delta::DeletionVectorDescriptor* ScanTable::DeletionVector(size_t file) const {
  const auto* extras = snapshot_ ? snapshot_->files().extras(file) : nullptr;
  return extras != nullptr && extras->deletion_vector ? &*extras->deletion_vector : nullptr;
}

std::optional<int64_t> ScanTable::RecordCount(size_t file) const {
  return snapshot_ ? snapshot_->files().record_count(file) : std::nullopt;
}

duckdb::Value ScanTable::Constant(size_t column, size_t file) const {
  const auto scalar = constants_[column]->GetScalar(static_cast<int64_t>(file));
  if (!scalar.ok()) throw duckdb::IOException(scalar.status().message());
  const auto value = ToValue(**scalar);
  if (!value.ok()) throw duckdb::IOException(value.status().message());
  return *value;
}

Status ScanTable::ReadBounds(size_t column, ColumnBounds& bounds) const {
  if (constant(column)) {
    bounds.min_values = bounds.max_values = constants_[column];
    ARROW_ASSIGN_OR_RAISE(bounds.files, FileBounds::OfConstants(constants_[column]));
    return Status::OK();
  }
  if (!snapshot_ || stored_columns_[column] < 0 || columns_[column].type.IsNested()) {
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto statistics, snapshot_->Statistics(stored_columns_[column]));
  std::vector<int64_t> row_counts(file_count_);
  for (size_t file = 0; file < file_count_; ++file) {
    row_counts[file] = RecordCount(file).value_or(-1);
  }
  // The texts of a float's bounds are not exact as doubles, those of variants are no JSON.
  const auto& field = *snapshot_->schema()->field(stored_columns_[column]);
  if (!delta::WasFloat(field) && !columns_[column].variant) {
    bounds.min_values = statistics->min_values;
    bounds.max_values = statistics->max_values;
  }
  ARROW_ASSIGN_OR_RAISE(bounds.files,
                        FileBounds::OfStatistics(bounds.min_values, bounds.max_values,
                                                 statistics->null_counts, row_counts));
  return Status::OK();
}

Status ScanTable::MergeBounds(size_t column, ColumnBounds& bounds) const {
  const auto& type = columns_[column].type;
  // Cut text bounds and absent NaN would mislead the optimizer.
  if (!bounds.files || !HasNumericBounds(type) || type.IsFloating()) return Status::OK();
  const auto extremes = bounds.files->FindExtremes();
  if (!extremes) return Status::OK();
  const auto value = [](const arrow::Array& values, size_t file) -> Result<duckdb::Value> {
    ARROW_ASSIGN_OR_RAISE(const auto scalar, values.GetScalar(static_cast<int64_t>(file)));
    return ToValue(*scalar);
  };
  ARROW_ASSIGN_OR_RAISE(const auto min, value(*bounds.min_values, extremes->min_file));
  ARROW_ASSIGN_OR_RAISE(const auto max, value(*bounds.max_values, extremes->max_file));
  auto merged = BaseStatistics::CreateUnknown(type).ToUnique();
  duckdb::NumericStats::SetMin(*merged, min);
  duckdb::NumericStats::SetMax(*merged, max);
  bool may_be_null = false;
  for (size_t file = 0; file < file_count_ && !may_be_null; ++file) {
    may_be_null = bounds.files->MayBeNull(file);
  }
  if (!may_be_null) merged->Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  bounds.table = std::move(merged);
  return Status::OK();
}

const ScanTable::ColumnBounds& ScanTable::BoundsOf(size_t column) const {
  auto& bounds = bounds_[column];
  std::call_once(bounds.once, [&] {
    // Bounds only save work: without them every file is read.
    auto status = ReadBounds(column, bounds);
    if (status.ok()) status = MergeBounds(column, bounds);
    if (!status.ok()) bounds.files = nullptr;
  });
  return bounds;
}

const FileBounds* ScanTable::Bounds(size_t column) const { return BoundsOf(column).files.get(); }

const FileBounds& ScanTable::FileNumbers() const {
  std::call_once(file_numbers_once_, [&] { file_numbers_ = FileBounds::OfNumbers(file_count_); });
  return *file_numbers_;
}

duckdb::unique_ptr<BaseStatistics> ScanTable::TableStatistics(size_t column) const {
  if (file_count_ > kOptimizerFilesMax && !constant(column)) return nullptr;
  const auto& table = BoundsOf(column).table;
  return table ? table->ToUnique() : nullptr;
}

Result<std::shared_ptr<const ScanTable>> ScanTableCache::Get(
    const std::shared_ptr<const TableSource>& source) {
  {
    const std::lock_guard guard(lock_);
    std::erase_if(entries_, [](const auto& entry) { return entry.second.source.expired(); });
    const auto found = entries_.find(source.get());
    if (found != entries_.end()) return found->second.table;
  }
  ARROW_ASSIGN_OR_RAISE(auto table, ScanTable::Make(*source));
  const std::lock_guard guard(lock_);
  return entries_.try_emplace(source.get(), Entry{source, std::move(table)}).first->second.table;
}

}  // namespace deltaport::engine
