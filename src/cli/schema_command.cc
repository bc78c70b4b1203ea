// deltaport schema: the columns of any table.

#include <memory>

#include <CLI/CLI.hpp>
#include <arrow/builder.h>

#include "cli/command.h"
#include "cli/result_writer.h"
#include "cli/table_selection.h"

namespace deltaport::cli {
namespace {

struct SchemaOptions {
  TableSelection table;
  std::string output = "table";
};

bool IsPartitionColumn(const engine::TableSource& table, int column) {
  if (const auto* snapshot = std::get_if<std::shared_ptr<const delta::Snapshot>>(&table.files)) {
    return (*snapshot)->IsPartitionColumn(column);
  }
  const auto& files = std::get<engine::ParquetFiles>(table.files);
  const std::string& name = table.schema()->field(column)->name();
  return std::find(files.hive_columns.begin(), files.hive_columns.end(), name) !=
         files.hive_columns.end();
}

Result<std::shared_ptr<arrow::RecordBatch>> DescribeColumns(const engine::TableSource& table) {
  arrow::StringBuilder names, types;
  arrow::BooleanBuilder nullable, partition;
  const auto& schema = *table.schema();
  for (int column = 0; column < schema.num_fields(); ++column) {
    const auto& field = *schema.field(column);
    ARROW_RETURN_NOT_OK(names.Append(field.name()));
    ARROW_RETURN_NOT_OK(types.Append(field.type()->ToString()));
    ARROW_RETURN_NOT_OK(nullable.Append(field.nullable()));
    ARROW_RETURN_NOT_OK(partition.Append(IsPartitionColumn(table, column)));
  }
  arrow::ArrayVector arrays;
  for (arrow::ArrayBuilder* builder :
       std::initializer_list<arrow::ArrayBuilder*>{&names, &types, &nullable, &partition}) {
    ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
    arrays.push_back(std::move(array));
  }
  const auto result_schema = arrow::schema(
      {arrow::field("name", arrow::utf8()), arrow::field("type", arrow::utf8()),
       arrow::field("nullable", arrow::boolean()), arrow::field("partition", arrow::boolean())});
  return arrow::RecordBatch::Make(result_schema, schema.num_fields(), arrays);
}

Status RunSchema(const SchemaOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(options.output));
  ARROW_ASSIGN_OR_RAISE(const auto table, options.table.Open());
  ARROW_ASSIGN_OR_RAISE(const auto batch, DescribeColumns(*table));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make({batch}));
  return PrintResult(*reader, format, token);
}

}  // namespace

void AddSchemaCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<SchemaOptions>();
  CLI::App* command = app.add_subcommand("schema", "Show the columns of a table");
  options->table.AddTo(*command);
  command->add_option("--output", options->output, "table (default), json, csv or arrow");
  command->footer("Example:\n  deltaport schema ./lake/flights --version 3\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunSchema(*options, token); };
  });
}

}  // namespace deltaport::cli
