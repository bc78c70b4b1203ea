#include "engine/duckdb/lake_scan.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/common/multi_file/multi_file_function.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/common/multi_file/multi_file_states.hpp>
#include <duckdb/function/partition_stats.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/table_filter.hpp>
#include <duckdb/storage/statistics/node_statistics.hpp>

#include "engine/duckdb/capability_file_system.h"
#include "engine/duckdb/deletion_vectors.h"
#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/file_columns.h"
#include "engine/duckdb/file_predicate.h"
#include "engine/duckdb/lake_files.h"
#include "engine/duckdb/query_state.h"
#include "engine/query_engine.h"

namespace deltaport::engine {
namespace {

// An identifier of our own: DuckDB's counts positions among the files that are left.
constexpr duckdb::column_t kFileIndexId =
    duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX + 0x1000;

// Binds the copied function to one table.
struct LakeScanInfo : duckdb::TableFunctionInfo {
  LakeScanInfo(std::shared_ptr<const ScanTable> scanned, duckdb::TableCatalogEntry& of)
      : table(std::move(scanned)), entry(of) {}

  std::shared_ptr<const ScanTable> table;
  duckdb::TableCatalogEntry& entry;
  duckdb::table_function_t scan = nullptr;  // Of parquet_scan.
  duckdb::table_function_init_global_t init_global = nullptr;
  duckdb::table_function_init_local_t init_local = nullptr;
};

const LakeScanInfo& InfoOf(const duckdb::FunctionData& bind_data);

// DuckDB's Parquet reader does not always say which file is damaged.
template <typename Function>
auto NamingTheFile(duckdb::ClientContext& context, const std::string& path, Function&& function) {
  try {
    return function();
  } catch (const std::exception& thrown) {
    const duckdb::ErrorData error(thrown);
    const bool damage = error.Type() == duckdb::ExceptionType::IO ||
                        error.Type() == duckdb::ExceptionType::INVALID_INPUT ||
                        error.Type() == duckdb::ExceptionType::SERIALIZATION ||
                        // Of a value of the file, not of the query.
                        error.RawMessage().starts_with("Error while reading file") ||
                        error.Type() == duckdb::ExceptionType::INVALID;
    if (auto state = QueryState::Get(context); state && damage) {
      const auto name = path.starts_with(kFileScheme) ? path.substr(sizeof(kFileScheme) - 1) : path;
      state->Record(Error(ErrorCode::kCorruptTable, "data file '{}': {}", name,
                          FromErrorData(error).message()));
    }
    throw;
  }
}

class LakeReader final : public duckdb::MultiFileReader {
 public:
  explicit LakeReader(duckdb::shared_ptr<LakeScanInfo> info) : info_(std::move(info)) {
    function_name = "lake_scan";
  }

  static duckdb::unique_ptr<duckdb::MultiFileReader> Create(const duckdb::TableFunction& scan) {
    return duckdb::make_uniq<LakeReader>(
        duckdb::shared_ptr_cast<duckdb::TableFunctionInfo, LakeScanInfo>(scan.function_info));
  }

  const LakeScanInfo& info() const { return *info_; }

  duckdb::unique_ptr<MultiFileReader> Copy() const override {
    return duckdb::make_uniq<LakeReader>(info_);
  }

  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(duckdb::ClientContext&,
                                                           const duckdb::vector<std::string>&,
                                                           const duckdb::FileGlobInput&) override {
    return duckdb::make_shared_ptr<LakeFiles>(info_->table, nullptr);
  }

  bool Bind(duckdb::MultiFileOptions& options, duckdb::MultiFileList&,
            duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<std::string>& names,
            duckdb::MultiFileReaderBindData& bind_data) override {
    options.auto_detect_hive_partitioning = false;
    options.hive_partitioning = false;
    for (const auto& column : info_->table->columns()) {
      types.push_back(column.type);
      names.push_back(column.name);
      bind_data.schema.push_back(ScanColumn(column));
    }
    bind_data.mapping = duckdb::MultiFileColumnMappingMode::BY_NAME;
    return true;
  }

  void FinalizeBind(duckdb::MultiFileReaderData& data, const duckdb::MultiFileOptions& options,
                    const duckdb::MultiFileReaderBindData& bind_data,
                    const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                    duckdb::ClientContext& context,
                    duckdb::optional_ptr<duckdb::MultiFileReaderGlobalState> state) override {
    const auto file = FileNumber(*data.reader);
    MultiFileReader::FinalizeBind(data, options, bind_data, columns, column_ids, context, state);
    const auto& table = *info_->table;
    for (size_t i = 0; i < column_ids.size(); ++i) {
      const auto column = column_ids[i].GetPrimaryIndex();
      if (column >= table.columns().size() || !table.constant(column)) continue;
      data.constant_map.Add(duckdb::MultiFileGlobalIndex(i), table.Constant(column, file));
    }
  }

  duckdb::ReaderInitializeType InitializeReader(
      duckdb::MultiFileReaderData& data, const duckdb::MultiFileBindData& bind_data,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids,
      duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::ClientContext& context,
      duckdb::MultiFileGlobalState& state) override {
    const auto result = MultiFileReader::InitializeReader(data, bind_data, columns, column_ids,
                                                          filters, context, state);
    if (result == duckdb::ReaderInitializeType::SKIP_READING_FILE) return result;
    const auto file = FileNumber(*data.reader);
    if (const auto* vector = info_->table->DeletionVector(file)) {
      auto rows = DeletedRowsOf(context, *vector, file);
      data.reader->deletion_filter = duckdb::make_uniq<DeletedRowFilter>(std::move(rows));
    }
    return result;
  }

  duckdb::unique_ptr<duckdb::Expression> GetConstantVirtualColumn(
      duckdb::MultiFileReaderData& data, duckdb::idx_t column,
      const duckdb::LogicalType& type) override {
    if (column != kFileIndexId) {
      return MultiFileReader::GetConstantVirtualColumn(data, column, type);
    }
    return duckdb::make_uniq<duckdb::BoundConstantExpression>(
        duckdb::Value::BIGINT(static_cast<int64_t>(FileNumber(*data.reader))));
  }

  duckdb::shared_ptr<duckdb::BaseFileReader> CreateReader(
      duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
      const duckdb::OpenFileInfo& file, duckdb::idx_t file_number,
      const duckdb::MultiFileBindData& bind_data) override {
    return NamingTheFile(context, file.path, [&] {
      auto reader = MultiFileReader::CreateReader(context, state, file, file_number, bind_data);
      ResolveFileColumns(info_->table->columns(), info_->table->has_fixed_types(), *reader);
      return reader;
    });
  }
  using MultiFileReader::CreateReader;

  duckdb::ReaderInitializeType CreateMapping(
      duckdb::ClientContext& context, duckdb::MultiFileReaderData& data,
      const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
      const duckdb::vector<duckdb::ColumnIndex>& column_ids,
      duckdb::optional_ptr<duckdb::TableFilterSet> filters, duckdb::MultiFileList& files,
      const duckdb::MultiFileReaderBindData& bind_data,
      const duckdb::virtual_column_map_t& virtual_columns,
      const duckdb::MultiFileColumnMappingMode mapping) override {
    duckdb::unique_ptr<duckdb::TableFilterSet> changed;
    if (filters) changed = FiltersAfterCasts(*filters, column_ids, columns, *data.reader);
    if (changed) filters = changed.get();
    return MultiFileReader::CreateMapping(context, data, columns, column_ids, filters, files,
                                          bind_data, virtual_columns, mapping);
  }
  using MultiFileReader::CreateMapping;

  // Both leave out the files in which no row can pass, and give null if there are none: first by
  // the conditions of the query, then by what is known when the scan starts (of the other side of a
  // join, say).
  duckdb::unique_ptr<duckdb::MultiFileList> ComplexFilterPushdown(
      duckdb::ClientContext&, duckdb::MultiFileList& files, const duckdb::MultiFileOptions&,
      duckdb::MultiFilePushdownInfo& pushdown,
      duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) override {
    const auto column_of = [&](const duckdb::Expression& expression) -> std::optional<size_t> {
      if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
        return std::nullopt;
      }
      const auto& binding = expression.Cast<duckdb::BoundColumnRefExpression>().binding;
      const bool whole = binding.table_index == pushdown.table_index &&
                         binding.column_index < pushdown.column_indexes.size() &&
                         !pushdown.column_indexes[binding.column_index].HasChildren();
      if (!whole) return std::nullopt;
      return pushdown.column_ids[binding.column_index];
    };
    std::vector<FilePredicate> conditions;
    for (const auto& filter : filters) conditions.push_back(FilePredicate::Of(*filter, column_of));
    return Prune(static_cast<const LakeFiles&>(files), FilePredicate::All(std::move(conditions)));
  }

  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      duckdb::ClientContext&, const duckdb::MultiFileList& files, const duckdb::MultiFileOptions&,
      const duckdb::vector<std::string>&, const duckdb::vector<duckdb::LogicalType>&,
      const duckdb::vector<duckdb::column_t>& column_ids,
      duckdb::TableFilterSet& filters) override {
    std::vector<FilePredicate> conditions;
    for (const auto& [position, filter] : filters.filters) {
      conditions.push_back(FilePredicate::Of(*filter, column_ids[position]));
    }
    return Prune(static_cast<const LakeFiles&>(files), FilePredicate::All(std::move(conditions)));
  }

 private:
  static size_t FileNumber(const duckdb::BaseFileReader& reader) {
    const auto* grant = ReadGrant::Of(reader.file);
    if (!grant) throw duckdb::PermissionException("the file was not granted");
    return grant->file_number;
  }

  std::shared_ptr<const delta::DeletedRows> DeletedRowsOf(
      duckdb::ClientContext& context, const delta::DeletionVectorDescriptor& vector,
      size_t file) const {
    const auto state = QueryState::Get(context);
    if (!state) throw duckdb::PermissionException("no query runs");
    const auto& table = *info_->table;
    auto rows = state->caches().deletion_vectors->Get(table.location(), vector);
    const auto records = table.RecordCount(file);
    if (rows.ok() && records && !(*rows)->empty() && (*rows)->Last() >= *records) {
      rows =
          Error(ErrorCode::kCorruptTable,
                "the deletion vector of the data file '{}' deletes row {}, but the file has {}",
                table.File(file).path.substr(sizeof(kFileScheme) - 1), (*rows)->Last(), *records);
    }
    if (!rows.ok()) {
      state->Record(rows.status());
      throw duckdb::IOException(rows.status().message());
    }
    return *std::move(rows);
  }

  duckdb::unique_ptr<duckdb::MultiFileList> Prune(const LakeFiles& files,
                                                  const FilePredicate& predicate) const {
    if (predicate.AlwaysTrue()) return nullptr;
    const auto& table = *info_->table;
    std::vector<uint32_t> numbers;
    if (files.kept()) {
      numbers = *files.kept();
    } else {
      numbers.resize(table.file_count());
      std::iota(numbers.begin(), numbers.end(), uint32_t{0});
    }
    std::vector<uint8_t> may(numbers.size(), 1);
    const auto bounds_of = [&](size_t column) -> const FileBounds* {
      if (column == kFileIndexId) return &table.FileNumbers();
      return column < table.columns().size() ? table.Bounds(column) : nullptr;
    };
    predicate.Restrict(bounds_of, numbers, may);
    std::vector<uint32_t> kept;
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (may[i] != 0) kept.push_back(numbers[i]);
    }
    if (kept.size() == numbers.size()) return nullptr;
    return duckdb::make_uniq<LakeFiles>(
        info_->table, std::make_shared<const std::vector<uint32_t>>(std::move(kept)));
  }

  duckdb::shared_ptr<LakeScanInfo> info_;
};

const LakeScanInfo& InfoOf(const duckdb::FunctionData& bind_data) {
  const auto& data = bind_data.Cast<duckdb::MultiFileBindData>();
  return static_cast<const LakeReader&>(*data.multi_file_reader).info();
}

duckdb::unique_ptr<duckdb::BaseStatistics> Statistics(duckdb::ClientContext&,
                                                      const duckdb::FunctionData* bind_data,
                                                      duckdb::column_t column) {
  const auto& table = *InfoOf(*bind_data).table;
  if (column >= table.columns().size()) return nullptr;
  return table.TableStatistics(column);
}

duckdb::unique_ptr<duckdb::NodeStatistics> Cardinality(duckdb::ClientContext&,
                                                       const duckdb::FunctionData* bind_data) {
  const auto rows = InfoOf(*bind_data).table->row_count();
  if (!rows) return nullptr;
  const auto& list = *bind_data->Cast<duckdb::MultiFileBindData>().file_list;
  const auto files = std::max<size_t>(InfoOf(*bind_data).table->file_count(), 1);
  const double share = static_cast<double>(list.GetTotalFileCount()) / static_cast<double>(files);
  return duckdb::make_uniq<duckdb::NodeStatistics>(
      static_cast<duckdb::idx_t>(static_cast<double>(*rows) * share),
      static_cast<duckdb::idx_t>(*rows));
}

// One partition with the exact number of rows, which answers count(*) without opening a file.
duckdb::vector<duckdb::PartitionStatistics> RowCounts(duckdb::ClientContext&,
                                                      duckdb::GetPartitionStatsInput& input) {
  duckdb::vector<duckdb::PartitionStatistics> counts;
  if (const auto rows = InfoOf(*input.bind_data).table->row_count()) {
    duckdb::PartitionStatistics all;
    all.row_start = 0;
    all.count = static_cast<duckdb::idx_t>(*rows);
    all.count_type = duckdb::CountType::COUNT_EXACT;
    counts.push_back(all);
  }
  return counts;
}

duckdb::BindInfo TableOf(const duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  duckdb::BindInfo info(duckdb::ScanType::EXTERNAL);
  info.table = &InfoOf(*bind_data).entry;
  return info;
}

// Those that the table shows, and the one without a name and values for queries that only count.
duckdb::virtual_column_map_t VirtualColumns(duckdb::ClientContext&,
                                            duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  auto columns = InfoOf(*bind_data).entry.GetVirtualColumns();
  columns.insert(std::make_pair(duckdb::COLUMN_IDENTIFIER_EMPTY,
                                duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)));
  bind_data->Cast<duckdb::MultiFileBindData>().virtual_columns = columns;
  return columns;
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
          duckdb::DataChunk& output) {
  const auto scan = InfoOf(*input.bind_data).scan;
  std::string path;
  if (input.local_state) {
    const auto& local = input.local_state->Cast<duckdb::MultiFileLocalState>();
    if (local.reader) path = local.reader->GetFileName();
  }
  NamingTheFile(context, path, [&] { scan(context, input, output); });
}

}  // namespace

duckdb::virtual_column_map_t LakeScanVirtualColumns() {
  const auto column = [](std::string_view name) {
    return duckdb::TableColumn(std::string(name), duckdb::LogicalType::BIGINT);
  };
  duckdb::virtual_column_map_t columns;
  columns.insert(std::make_pair(kFileIndexId, column(kFileIndexColumn)));
  columns.insert(std::make_pair(duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER,
                                column(kFileRowNumberColumn)));
  return columns;
}

duckdb::TableFunction BindLakeScan(duckdb::ClientContext& context,
                                   std::shared_ptr<const ScanTable> table,
                                   duckdb::TableCatalogEntry& entry,
                                   duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  auto& parquet =
      duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::TableFunctionCatalogEntry>(
          context, DEFAULT_SCHEMA, "parquet_scan");
  duckdb::TableFunction scan = parquet.functions.functions[0];
  auto info = duckdb::make_shared_ptr<LakeScanInfo>(std::move(table), entry);
  info->scan = scan.function;
  scan.name = "lake_scan";
  scan.function = Scan;
  scan.function_info = info;
  scan.get_multi_file_reader = LakeReader::Create;
  scan.statistics = Statistics;
  scan.statistics_extended = nullptr;
  scan.cardinality = Cardinality;
  scan.get_partition_stats = RowCounts;
  scan.get_bind_info = TableOf;
  scan.get_virtual_columns = VirtualColumns;
  scan.dynamic_to_string = nullptr;  // Would show file names.
  scan.serialize = nullptr;
  scan.deserialize = nullptr;
  scan.late_materialization = false;
  duckdb::vector<duckdb::Value> inputs{duckdb::Value("")};
  duckdb::named_parameter_map_t named;
  duckdb::vector<duckdb::LogicalType> types, input_types;
  duckdb::vector<std::string> names, input_names;
  duckdb::TableFunctionRef ref;
  duckdb::TableFunctionBindInput input(inputs, named, input_types, input_names, info.get(), nullptr,
                                       scan, ref);
  bind_data = scan.bind(context, input, types, names);
  return scan;
}

}  // namespace deltaport::engine
