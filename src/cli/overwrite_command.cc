// deltaport overwrite: rows of files in place of rows of a Delta table.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/input_options.h"
#include "cli/progress.h"
#include "cli/row_statement_options.h"
#include "lake/write/overwrite.h"

namespace deltaport::cli {
namespace {

struct OverwriteOptions {
  RowStatementFlags flags;
  lake::InputFiles input;
  std::string where;
  bool partitions = false;
  bool merge_schema = false;
  bool replace_schema = false;
  std::vector<std::string> partition_columns;
};

Result<lake::OverwriteRequest> RequestOf(const OverwriteOptions& options) {
  if (options.partitions && !options.where.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "give --where, to name the rows that go, or --partitions, to take them from the "
                 "new rows, not both");
  }
  lake::OverwriteRequest request;
  ARROW_ASSIGN_OR_RAISE(request.options, options.flags.Options());
  request.scope = options.partitions      ? lake::OverwriteScope::kPartitions
                  : options.where.empty() ? lake::OverwriteScope::kTable
                                          : lake::OverwriteScope::kMatching;
  request.where = options.where;
  request.merge_schema = options.merge_schema;
  request.replace_schema = options.replace_schema;
  if (!options.partition_columns.empty()) request.partition_columns = options.partition_columns;
  return request;
}

Status RunOverwrite(const OverwriteOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto request, RequestOf(options));
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(options.flags.table));
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  lake::RowStatementOutcome outcome;
  {
    Progress progress(-1, true);
    lake::InputFiles input = options.input;
    // The types of the files decide where they give the table its columns.
    if (!options.replace_schema) input.table = location;
    input.on_rows = [&progress](int64_t rows) { progress.AddRows(rows); };
    ARROW_ASSIGN_OR_RAISE(auto rows, lake::OpenInput(input, token));
    ARROW_ASSIGN_OR_RAISE(outcome,
                          lake::Overwrite(*engine, location, std::move(rows), request, token));
  }
  return options.flags.Print(outcome, token);
}

}  // namespace

void AddOverwriteCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<OverwriteOptions>();
  CLI::App* command = app.add_subcommand(
      "overwrite", "Replace rows of a Delta table, all or some, by those of files");
  options->flags.AddTo(*command);
  AddInputFiles(*command, options->input);
  command->add_option("--where", options->where,
                      "Replace only the rows for which this is true (SQL); the new rows have to "
                      "match, too");
  command->add_flag("--partitions", options->partitions,
                    "Replace only the partitions that the new rows are in");
  command->add_flag("--merge-schema", options->merge_schema,
                    "Add the columns that only the files have, and widen types if the table "
                    "allows it");
  command->add_flag("--overwrite-schema", options->replace_schema,
                    "Give the table the columns of the files");
  command
      ->add_option("--partition-by", options->partition_columns,
                   "New partition columns, with --overwrite-schema")
      ->delimiter(',');
  command->footer(
      "Examples:\n"
      "  deltaport overwrite ./lake/flights all.parquet\n"
      "  deltaport overwrite ./lake/flights march.parquet --where \"month = 3\"\n"
      "  deltaport overwrite ./lake/flights 'days/*.csv' --partitions\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunOverwrite(*options, token); };
  });
}

}  // namespace deltaport::cli
