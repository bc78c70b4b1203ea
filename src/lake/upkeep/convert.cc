#include "lake/upkeep/convert.h"

#include <algorithm>
#include <memory>

#include <arrow/builder.h>

#include "columnar/delta_schema.h"
#include "columnar/json_document.h"
#include "columnar/parquet_file.h"
#include "delta/footer_statistics.h"
#include "delta/log_segment.h"
#include "delta/new_table.h"
#include "delta/table_properties.h"
#include "delta/transaction.h"
#include "delta/value_text.h"
#include "engine/hive_path.h"
#include "storage/directory_walk.h"
#include "storage/uri.h"

namespace deltaport::lake {
namespace {

constexpr std::string_view kExtension = ".parquet";

using HiveTexts = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct FoundFile {
  storage::ObjectInfo object;
  std::string relative;  // Path below the root.
  HiveTexts partition;
  std::shared_ptr<arrow::Schema> schema;  // In Delta's types.
  int64_t rows = 0;
  std::string statistics;
};

bool HiddenFolder(std::string_view name) {
  return name.starts_with('.') || (name.starts_with('_') && name.find('=') == name.npos);
}

Result<std::vector<FoundFile>> FindFiles(const storage::Location& table, const CancelToken& token) {
  std::vector<FoundFile> files;
  const size_t root_bytes = table.path == "/" ? 1 : table.path.size() + 1;
  storage::WalkVisitor visitor;
  visitor.enter = [](const std::string& directory) {
    return !HiddenFolder(std::string_view(directory).substr(directory.rfind('/') + 1));
  };
  visitor.visit = [&](const storage::ObjectInfo& object) {
    ARROW_RETURN_NOT_OK(token.Check());
    const auto name = std::string_view(object.path).substr(object.path.rfind('/') + 1);
    if (name.starts_with('_') || name.starts_with('.') || !name.ends_with(kExtension)) {
      return Status::OK();
    }
    FoundFile file;
    file.object = object;
    file.relative = object.path.substr(root_bytes);
    file.partition = engine::HiveValues(file.relative);
    files.push_back(std::move(file));
    return Status::OK();
  };
  ARROW_RETURN_NOT_OK(storage::WalkDirectory(*table.store, table.path, visitor));
  if (files.empty()) {
    return Error(ErrorCode::kNotFound, "{}: there is no {} file in it", table.path, kExtension);
  }
  std::ranges::sort(files, {}, &FoundFile::relative);
  return files;
}

// Types whose stored form is not the one that Delta's type of the column has.
bool StoredOtherwise(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::DURATION:
    case arrow::Type::INTERVAL_MONTHS:
      return true;
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::NANO;
    default:
      return std::ranges::any_of(type.fields(),
                                 [](const auto& field) { return StoredOtherwise(*field->type()); });
  }
}

// The columns that a table takes from the file's content, not from its folders.
std::shared_ptr<arrow::Schema> DataColumns(const FoundFile& file, const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    const bool in_folders = std::ranges::any_of(
        file.partition, [&](const auto& value) { return value.first == field->name(); });
    if (!in_folders) fields.push_back(field);
  }
  return arrow::schema(std::move(fields));
}

Status ReadFooter(const storage::ObjectStore& store, int statistics_columns, FoundFile& file) {
  ARROW_ASSIGN_OR_RAISE(const auto parquet, columnar::ParquetFile::Open(store, file.object.path));
  ARROW_ASSIGN_OR_RAISE(const auto stored, parquet->Schema());
  for (const auto& field : stored->fields()) {
    if (!StoredOtherwise(*field->type())) continue;
    return Error(ErrorCode::kUnsupportedFeature,
                 "{}: the column '{}' is stored as {}, which readers of Delta tables cannot read "
                 "in place; import the files into a new table instead",
                 file.object.path, field->name(), field->type()->ToString());
  }
  auto canonical = columnar::DeltaSchemaOf(*stored);
  if (!canonical.ok()) return WithContext(canonical.status(), file.object.path);
  file.schema = DataColumns(file, **canonical);
  file.rows = parquet->rows();
  file.statistics = delta::FooterStatistics(*parquet, *file.schema, statistics_columns);
  return Status::OK();
}

// The folders' columns: those asked for, or those of the first file. Every file must have them.
Result<std::vector<ConvertPartition>> PartitionsOf(const std::vector<FoundFile>& files,
                                                   const ConvertOptions& options) {
  auto partitions = options.partitions;
  if (partitions.empty()) {
    for (const auto& [name, text] : files.front().partition) partitions.push_back({name, {}});
  }
  for (const auto& file : files) {
    const bool same = std::ranges::equal(
        file.partition, partitions,
        [](const auto& value, const auto& partition) { return value.first == partition.name; });
    if (same) continue;
    std::vector<std::string> names;
    for (const auto& partition : partitions) names.push_back(partition.name);
    return Error(ErrorCode::kInvalidArgument,
                 "{}: its folders do not carry the partition columns [{}]", file.object.path,
                 fmt::join(names, ", "));
  }
  return partitions;
}

// A Delta type by its name.
Result<std::shared_ptr<arrow::DataType>> NamedType(const std::string& name) {
  std::string quoted;
  columnar::AppendQuotedJson(name, quoted);
  const auto schema = columnar::SchemaFromDeltaJson(fmt::format(
      R"({{"type":"struct","fields":[{{"name":"c","type":{},"nullable":true,"metadata":{{}}}}]}})",
      quoted));
  if (schema.ok()) return (*schema)->field(0)->type();
  return Error(ErrorCode::kInvalidArgument,
               "'{}' is no type of a partition column; such are string, integer, long, date, …",
               name);
}

Result<std::shared_ptr<arrow::DataType>> TypeOf(const std::vector<FoundFile>& files, size_t column,
                                                const ConvertPartition& partition) {
  std::vector<std::optional<std::string>> texts;
  for (const auto& file : files) texts.push_back(file.partition[column].second);
  if (!partition.type) return engine::InferHiveType(texts);
  ARROW_ASSIGN_OR_RAISE(auto type, NamedType(*partition.type));
  ARROW_ASSIGN_OR_RAISE(const auto builder, arrow::MakeBuilder(type));
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i] || delta::AppendValueText(*type, *texts[i], *builder).ok()) continue;
    return Error(ErrorCode::kInvalidArgument,
                 "{}: '{}' is not a value of the partition column "
                 "'{}' of the type {}",
                 files[i].object.path, *texts[i], partition.name, *partition.type);
  }
  return type;
}

// Columns in the order in which the files first show them, nullable throughout, without those that
// are in the folders' names.
Result<arrow::FieldVector> UniteColumns(const std::vector<FoundFile>& files,
                                        const std::vector<ConvertPartition>& partitions) {
  arrow::FieldVector fields;
  std::map<std::string, std::pair<size_t, const FoundFile*>> known;
  for (const auto& partition : partitions) known[partition.name] = {SIZE_MAX, nullptr};
  for (const auto& file : files) {
    for (const auto& field : file.schema->fields()) {
      const auto [found, added] = known.try_emplace(field->name(), fields.size(), &file);
      const auto [position, first] = found->second;
      if (added) {
        fields.push_back(arrow::field(field->name(), field->type()));
      } else if (first != nullptr && !fields[position]->type()->Equals(*field->type())) {
        return Error(ErrorCode::kInvalidArgument, "the column '{}' is {} in {}, but {} in {}",
                     field->name(), columnar::DeltaTypeName(*fields[position]->type()),
                     first->object.path, columnar::DeltaTypeName(*field->type()), file.object.path);
      }
    }
  }
  return fields;
}

delta::AddFile AddOf(FoundFile& file) {
  delta::AddFile add;
  add.path = storage::PercentEncode(file.relative);
  for (auto& [name, text] : file.partition) add.partition_values[name] = std::move(text);
  add.size_bytes = file.object.size_bytes;
  add.modification_time_ms = file.object.modified_ms;
  add.stats = std::move(file.statistics);
  return add;
}

Status CheckNoTable(const storage::Location& table) {
  ARROW_ASSIGN_OR_RAISE(const auto commits, delta::ListCommits(table));
  if (commits.empty()) return Status::OK();
  return Error(ErrorCode::kAlreadyExists, "{}: is a Delta table already", table.path);
}

// The files were written without column mapping, so their columns have no other names.
Status CheckProperties(const ConvertOptions& options) {
  if (!options.configuration.contains("delta.columnMapping.mode")) return Status::OK();
  return Error(
      ErrorCode::kInvalidArgument,
      "delta.columnMapping.mode cannot be set while files are converted; set it afterwards");
}

delta::Operation ConvertOperation(const std::vector<std::string>& partition_columns,
                                  const ConvertOutcome& outcome) {
  std::vector<std::string> quoted;
  for (const auto& name : partition_columns)
    columnar::AppendQuotedJson(name, quoted.emplace_back());
  delta::Operation operation;
  operation.name = "CONVERT";
  operation.parameters["numFiles"] = fmt::format("{}", outcome.files);
  std::string list;
  columnar::AppendQuotedJson(fmt::format("[{}]", fmt::join(quoted, ",")), list);
  operation.parameters["partitionedBy"] = list;
  operation.parameters["collectStats"] = "true";
  operation.parameters["sourceFormat"] = "\"parquet\"";
  operation.metrics["numConvertedFiles"] = fmt::format("{}", outcome.files);
  return operation;
}

}  // namespace

Result<ConvertOutcome> Convert(const storage::Location& table, const ConvertOptions& options,
                               const CancelToken& token) {
  ARROW_RETURN_NOT_OK(CheckNoTable(table));
  ARROW_RETURN_NOT_OK(CheckProperties(options));
  ARROW_ASSIGN_OR_RAISE(auto files, FindFiles(table, token));
  ARROW_ASSIGN_OR_RAISE(const auto partitions, PartitionsOf(files, options));
  delta::Metadata asked;
  asked.configuration = options.configuration;
  ARROW_ASSIGN_OR_RAISE(const auto properties, delta::TableProperties::Of(asked));
  for (auto& file : files) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_RETURN_NOT_OK(ReadFooter(*table.store, properties.indexed_columns, file));
    if (options.on_rows) options.on_rows(file.rows);
  }
  ARROW_ASSIGN_OR_RAISE(auto fields, UniteColumns(files, partitions));
  ConvertOutcome outcome;
  for (size_t i = 0; i < partitions.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto type, TypeOf(files, i, partitions[i]));
    fields.push_back(arrow::field(partitions[i].name, std::move(type)));
    outcome.partition_columns.push_back(partitions[i].name);
  }
  const auto schema = arrow::schema(fields);
  delta::NewTable new_table;
  new_table.partition_columns = outcome.partition_columns;
  new_table.configuration = options.configuration;
  ARROW_ASSIGN_OR_RAISE(auto transaction, delta::StartTable(table, *schema, new_table));
  std::vector<delta::AddFile> adds;
  for (auto& file : files) {
    ++outcome.files;
    outcome.rows += file.rows;
    outcome.size_bytes += file.object.size_bytes;
    adds.push_back(AddOf(file));
  }
  transaction.AddFiles(std::move(adds));
  ARROW_ASSIGN_OR_RAISE(
      const auto committed,
      transaction.Commit(ConvertOperation(outcome.partition_columns, outcome), token));
  outcome.version = committed.version;
  return outcome;
}

}  // namespace deltaport::lake
