#include "engine/duckdb/lake_scan.h"

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
#include <duckdb/planner/table_filter.hpp>
#include <duckdb/storage/statistics/node_statistics.hpp>

#include "engine/duckdb/capability_file_system.h"
#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/query_state.h"

namespace deltaport::engine {
namespace {

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
                        error.Type() == duckdb::ExceptionType::INVALID;
    if (auto state = QueryState::Get(context); state && damage) {
      const auto name = path.starts_with(kFileScheme) ? path.substr(sizeof(kFileScheme) - 1) : path;
      state->Record(Error(ErrorCode::kCorruptTable, "data file '{}': {}", name,
                          FromErrorData(error).message()));
    }
    throw;
  }
}

class LakeFileList final : public duckdb::SimpleMultiFileList {
 public:
  explicit LakeFileList(duckdb::vector<duckdb::OpenFileInfo> files)
      : SimpleMultiFileList(std::move(files)) {}

  // A single file would be scanned by one thread: how many row groups it has is not known when the
  // scan is planned.
  duckdb::FileExpandResult GetExpandResult() const override {
    const auto result = SimpleMultiFileList::GetExpandResult();
    return result == duckdb::FileExpandResult::SINGLE_FILE
               ? duckdb::FileExpandResult::MULTIPLE_FILES
               : result;
  }
};

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
    const auto& files = info_->table->files();
    return duckdb::make_shared_ptr<LakeFileList>(
        duckdb::vector<duckdb::OpenFileInfo>(files.begin(), files.end()));
  }

  bool Bind(duckdb::MultiFileOptions& options, duckdb::MultiFileList&,
            duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<std::string>& names,
            duckdb::MultiFileReaderBindData& bind_data) override {
    options.auto_detect_hive_partitioning = false;
    options.hive_partitioning = false;
    for (const auto& column : info_->table->columns()) {
      types.push_back(column.type);
      names.push_back(column.name);
      bind_data.schema.push_back(Definition(column.name, column.type));
      bind_data.schema.back().identifier = duckdb::Value(column.physical_name);
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
    const auto* grant = ReadGrant::Of(data.reader->file);
    if (!grant) throw duckdb::PermissionException("the file was not granted");
    MultiFileReader::FinalizeBind(data, options, bind_data, columns, column_ids, context, state);
    const auto& table = *info_->table;
    for (size_t i = 0; i < column_ids.size(); ++i) {
      const auto column = column_ids[i].GetPrimaryIndex();
      if (column >= table.columns().size() || !table.columns()[column].constant) continue;
      data.constant_map.Add(duckdb::MultiFileGlobalIndex(i),
                            table.Constant(column, grant->file_number));
    }
  }

  duckdb::shared_ptr<duckdb::BaseFileReader> CreateReader(
      duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& state,
      const duckdb::OpenFileInfo& file, duckdb::idx_t file_number,
      const duckdb::MultiFileBindData& bind_data) override {
    return NamingTheFile(context, file.path, [&] {
      return MultiFileReader::CreateReader(context, state, file, file_number, bind_data);
    });
  }
  using MultiFileReader::CreateReader;

  // Leaves out the files in which no row can pass; null if none can be left out.
  duckdb::unique_ptr<duckdb::MultiFileList> DynamicFilterPushdown(
      duckdb::ClientContext&, const duckdb::MultiFileList& files, const duckdb::MultiFileOptions&,
      const duckdb::vector<std::string>&, const duckdb::vector<duckdb::LogicalType>&,
      const duckdb::vector<duckdb::column_t>& column_ids,
      duckdb::TableFilterSet& filters) override {
    duckdb::vector<duckdb::OpenFileInfo> kept;
    const auto all = files.GetAllFiles();
    for (const auto& file : all) {
      if (MayPass(file, column_ids, filters)) kept.push_back(file);
    }
    if (kept.size() == all.size()) return nullptr;
    return duckdb::make_uniq<LakeFileList>(std::move(kept));
  }

 private:
  // A column that a file lacks, at any depth of structs, is null there.
  static duckdb::MultiFileColumnDefinition Definition(const std::string& name,
                                                      const duckdb::LogicalType& type) {
    auto definition = duckdb::MultiFileColumnDefinition::CreateFromNameAndType(name, type);
    SetDefaults(definition);
    return definition;
  }
  static void SetDefaults(duckdb::MultiFileColumnDefinition& definition) {
    definition.default_expression =
        duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(definition.type));
    definition.identifier = duckdb::Value(definition.name);
    for (auto& child : definition.children) SetDefaults(child);
  }

  bool MayPass(const duckdb::OpenFileInfo& file, const duckdb::vector<duckdb::column_t>& column_ids,
               const duckdb::TableFilterSet& filters) const {
    const auto* grant = ReadGrant::Of(file);
    for (const auto& [position, filter] : filters.filters) {
      const auto column = column_ids[position];
      if (!grant || column >= info_->table->columns().size()) continue;
      const auto* known = info_->table->FileStatistics(column, grant->file_number);
      if (!known) continue;
      auto statistics = known->Copy();
      if (filter->CheckStatistics(statistics) ==
          duckdb::FilterPropagateResult::FILTER_ALWAYS_FALSE) {
        return false;
      }
    }
    return true;
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
  const auto count = static_cast<duckdb::idx_t>(*rows);
  return duckdb::make_uniq<duckdb::NodeStatistics>(count, count);
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
