// deltaport create: an empty Delta table, with rules for its rows.

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/property_text.h"
#include "delta/write_schema.h"
#include "engine/query_engine.h"
#include "lake/write/column_text.h"
#include "lake/write/create.h"

namespace deltaport::cli {
namespace {

struct CreateOptions {
  std::string table;
  std::string columns;
  std::string like;
  std::vector<std::string> partition_columns;
  std::vector<std::string> properties;
  std::vector<std::string> checks;
};

Result<std::shared_ptr<arrow::Schema>> Columns(const CreateOptions& options,
                                               const CancelToken& token) {
  if (options.columns.empty() == options.like.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "say which columns the table has: --schema 'NAME TYPE, …' or --schema-of FILE");
  }
  if (!options.columns.empty()) return lake::ParseColumns(options.columns);
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  ARROW_ASSIGN_OR_RAISE(const auto rows, engine->ReadLocalFiles(options.like, token));
  return rows->schema();
}

Status RunCreate(const CreateOptions& options, const CancelToken& token) {
  lake::CreateRequest request;
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(options.table));
  ARROW_ASSIGN_OR_RAISE(request.columns, Columns(options, token));
  request.partition_columns = options.partition_columns;
  ARROW_ASSIGN_OR_RAISE(request.properties, ParsePairs(options.properties, "--property"));
  ARROW_ASSIGN_OR_RAISE(request.constraints, ParsePairs(options.checks, "--check"));
  ARROW_ASSIGN_OR_RAISE(const auto outcome, lake::CreateTable(location, request));
  std::printf("%s: version %lld, %d columns\n", options.table.c_str(),
              static_cast<long long>(outcome.version), request.columns->num_fields());
  return Status::OK();
}

}  // namespace

void AddCreateCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<CreateOptions>();
  CLI::App* command = app.add_subcommand("create", "Create an empty Delta table");
  command->add_option("TABLE", options->table, "Folder of the Delta table")->required();
  command->add_option("--schema", options->columns,
                      "Columns in SQL: NAME TYPE [NOT NULL] [DEFAULT EXPRESSION] "
                      "[GENERATED ALWAYS AS (EXPRESSION) | AS IDENTITY] [COMMENT TEXT], …");
  command->add_option("--schema-of", options->like, "Take the columns of this Parquet or CSV file");
  command
      ->add_option("--partition-by", options->partition_columns,
                   "Columns whose values become folders")
      ->delimiter(',');
  command->add_option("--property", options->properties,
                      "Table property, NAME=VALUE; may stand several times");
  command->add_option("--check", options->checks,
                      "Constraint that every row must keep, NAME=CONDITION in Spark SQL; may stand "
                      "several times");
  command->footer(
      "Examples:\n"
      "  deltaport create ./lake/events --schema 'id BIGINT NOT NULL, at TIMESTAMP, \\\n"
      "      day DATE GENERATED ALWAYS AS (CAST(at AS DATE))' --partition-by day\n"
      "  deltaport create ./lake/prices --schema-of prices.parquet --check 'positive=price > 0'\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunCreate(*options, token); };
  });
}

}  // namespace deltaport::cli
