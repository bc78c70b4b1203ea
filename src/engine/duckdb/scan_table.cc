#include "engine/duckdb/scan_table.h"

#include <limits>

#include <arrow/builder.h>
#include <duckdb/storage/statistics/numeric_stats.hpp>
#include <duckdb/storage/statistics/string_stats.hpp>

#include "delta/live_files.h"
#include "engine/duckdb/capability_file_system.h"
#include "engine/duckdb/type_mapping.h"
#include "engine/hive_path.h"
#include "engine/scan_type.h"

namespace deltaport::engine {
namespace {

using duckdb::BaseStatistics;
using duckdb::LogicalTypeId;

// Writers cut timestamp bounds to milliseconds, so a maximum may be this much too low.
constexpr int64_t kTimestampCutUs = 999;

// NaN is the greatest number here, and writers leave it out of their bounds.
void LiftMaximum(duckdb::Value& max) {
  switch (max.type().id()) {
    case LogicalTypeId::FLOAT:
      max = duckdb::Value::FLOAT(std::numeric_limits<float>::quiet_NaN());
      break;
    case LogicalTypeId::DOUBLE:
      max = duckdb::Value::DOUBLE(std::numeric_limits<double>::quiet_NaN());
      break;
    case LogicalTypeId::TIMESTAMP:
      max = duckdb::Value::TIMESTAMP(
          duckdb::timestamp_t(max.GetValueUnsafe<int64_t>() + kTimestampCutUs));
      break;
    case LogicalTypeId::TIMESTAMP_TZ:
      max = duckdb::Value::TIMESTAMPTZ(
          duckdb::timestamp_tz_t(max.GetValueUnsafe<int64_t>() + kTimestampCutUs));
      break;
    default:
      break;
  }
}

bool HasNumericBounds(const duckdb::LogicalType& type) {
  return BaseStatistics::GetStatsType(type) == duckdb::StatisticsType::NUMERIC_STATS &&
         type.id() != LogicalTypeId::BOOLEAN && type.id() != LogicalTypeId::TIMESTAMP_NS;
}

Status SetBounds(BaseStatistics& statistics, const duckdb::LogicalType& type,
                 const arrow::Array& min_values, const arrow::Array& max_values, int64_t file) {
  if (min_values.IsNull(file) || max_values.IsNull(file)) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto min_scalar, min_values.GetScalar(file));
  ARROW_ASSIGN_OR_RAISE(const auto max_scalar, max_values.GetScalar(file));
  ARROW_ASSIGN_OR_RAISE(const auto min, ToValue(*min_scalar));
  ARROW_ASSIGN_OR_RAISE(auto max, ToValue(*max_scalar));
  if (type.id() == LogicalTypeId::VARCHAR) {
    duckdb::StringStats::SetMin(statistics, duckdb::string_t(duckdb::StringValue::Get(min)));
    duckdb::StringStats::SetMax(statistics, duckdb::string_t(duckdb::StringValue::Get(max)));
  } else if (HasNumericBounds(type)) {
    LiftMaximum(max);
    duckdb::NumericStats::SetMin(statistics, min);
    duckdb::NumericStats::SetMax(statistics, max);
  }
  return Status::OK();
}

Result<std::vector<duckdb::unique_ptr<BaseStatistics>>> StoredBounds(
    const delta::Snapshot& snapshot, int column, const duckdb::LogicalType& type, size_t files) {
  std::vector<duckdb::unique_ptr<BaseStatistics>> bounds(files);
  if (type.IsNested()) return bounds;
  ARROW_ASSIGN_OR_RAISE(const auto statistics, snapshot.Statistics(column));
  const auto count = static_cast<int64_t>(files);
  for (int64_t file = 0; file < count; ++file) {
    auto bound = BaseStatistics::CreateUnknown(type).ToUnique();
    if (statistics->min_values && statistics->max_values) {
      ARROW_RETURN_NOT_OK(
          SetBounds(*bound, type, *statistics->min_values, *statistics->max_values, file));
    }
    const auto& null_counts = statistics->null_counts;
    if (null_counts && null_counts->IsValid(file) && null_counts->Value(file) == 0) {
      bound->Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
    }
    bounds[static_cast<size_t>(file)] = std::move(bound);
  }
  return bounds;
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
  table->bounds_ = std::make_unique<Bounds[]>(table->columns_.size());
  return table;
}

Status ScanTable::AddColumn(const arrow::Field& field, std::string physical_name, bool constant) {
  ARROW_ASSIGN_OR_RAISE(const auto scan_type, ScanType(*field.type()));
  ARROW_ASSIGN_OR_RAISE(auto type, ToLogicalType(*scan_type));
  columns_.push_back({field.name(), std::move(physical_name), std::move(type), constant});
  return Status::OK();
}

Status ScanTable::AddSnapshot(std::shared_ptr<const delta::Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  for (const auto& field : schema_->fields()) {
    // Some of the table's columns may be hidden, so positions differ.
    const int stored = snapshot_->schema()->GetFieldIndex(field->name());
    if (stored < 0) {
      return Error(ErrorCode::kNotFound, "the table has no column '{}'", field->name());
    }
    const bool constant = snapshot_->IsPartitionColumn(stored);
    ARROW_RETURN_NOT_OK(AddColumn(*field, snapshot_->PhysicalName(stored), constant));
    stored_columns_.push_back(stored);
    auto& values = constants_.emplace_back();
    if (constant) {
      ARROW_ASSIGN_OR_RAISE(values, snapshot_->PartitionValues(stored));
    }
  }
  const auto& store = snapshot_->location().store;
  const auto& live = snapshot_->files();
  files_.reserve(live.size());
  for (size_t i = 0; i < live.size(); ++i) {
    const auto* extras = live.extras(i);
    if (extras != nullptr && extras->deletion_vector) {
      return Error(ErrorCode::kUnsupportedFeature,
                   "reading needs the table feature deletionVectors, which is not supported: the "
                   "file {} has a deletion vector",
                   live.path(i));
    }
    files_.push_back(GrantRead(store, snapshot_->FilePath(i), live.size_bytes(i), i, true));
  }
  row_count_ = snapshot_->RowCount();
  return Status::OK();
}

Status ScanTable::AddParquetFiles(const ParquetFiles& files) {
  for (const auto& field : schema_->fields()) {
    const bool constant = std::ranges::count(files.hive_columns, field->name()) > 0;
    ARROW_RETURN_NOT_OK(AddColumn(*field, field->name(), constant));
    auto& values = constants_.emplace_back();
    if (constant) {
      ARROW_ASSIGN_OR_RAISE(values, HiveConstants(files, *field));
    }
  }
  for (const auto& file : files.files) {
    files_.push_back(GrantRead(files.store, file.path, file.size_bytes, files_.size(), false));
  }
  row_count_ = files.row_count;
  return Status::OK();
}

duckdb::Value ScanTable::Constant(size_t column, size_t file) const {
  const auto scalar = constants_[column]->GetScalar(static_cast<int64_t>(file));
  if (!scalar.ok()) throw duckdb::IOException(scalar.status().message());
  const auto value = ToValue(**scalar);
  if (!value.ok()) throw duckdb::IOException(value.status().message());
  return *value;
}

const std::vector<duckdb::unique_ptr<BaseStatistics>>& ScanTable::BoundsOf(size_t column) const {
  auto& bounds = bounds_[column];
  std::call_once(bounds.once, [&] {
    const auto& type = columns_[column].type;
    if (columns_[column].constant) {
      for (size_t file = 0; file < files_.size(); ++file) {
        const auto value = Constant(column, file);
        bounds.files.push_back(BaseStatistics::FromConstant(value).ToUnique());
      }
    } else if (snapshot_) {
      // Bounds only save work: without them every file is read.
      auto stored = StoredBounds(*snapshot_, stored_columns_[column], type, files_.size());
      if (stored.ok()) bounds.files = *std::move(stored);
    }
    bounds.files.resize(files_.size());
  });
  return bounds.files;
}

const BaseStatistics* ScanTable::FileStatistics(size_t column, size_t file) const {
  return BoundsOf(column)[file].get();
}

duckdb::unique_ptr<BaseStatistics> ScanTable::TableStatistics(size_t column) const {
  const auto& type = columns_[column].type;
  // Cut text bounds and absent NaN would mislead the optimizer.
  if (!HasNumericBounds(type) || type.IsFloating() || files_.empty()) return nullptr;
  duckdb::unique_ptr<BaseStatistics> merged;
  for (const auto& bound : BoundsOf(column)) {
    if (!bound) return nullptr;
    if (merged) {
      merged->Merge(*bound);
    } else {
      merged = bound->Copy().ToUnique();
    }
  }
  return merged;
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
