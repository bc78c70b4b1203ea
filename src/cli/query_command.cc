// deltaport query: SQL over the datasets of a lake.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/lake_selection.h"
#include "cli/result_writer.h"

namespace deltaport::cli {
namespace {

struct QueryOptions {
  LakeSelection lake;
  std::string sql;
  std::string output = "table";
  std::string file;
};

Status RunQuery(const QueryOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(options.output));
  if (!options.file.empty()) ARROW_RETURN_NOT_OK(OutputFormatOfFile(options.file).status());
  ARROW_ASSIGN_OR_RAISE(const auto lake, options.lake.Open(token));
  ARROW_ASSIGN_OR_RAISE(const auto reader, lake->Sql(options.sql, token));
  if (!options.file.empty()) return WriteResultFile(*reader, options.file, token);
  return PrintResult(*reader, format, token);
}

}  // namespace

void AddQueryCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* command = app.add_subcommand("query", "Run a SQL query over datasets");
  command->add_option("SQL", options->sql, "One read-only statement; datasets are tables by name")
      ->required();
  options->lake.AddTo(*command);
  command->add_option("--output", options->output, "table (default), json, csv or arrow");
  command->add_option("--out", options->file, "Write to FILE.parquet, .arrow, .csv or .json");
  command->footer(
      "Examples:\n"
      "  deltaport query \"select month, count(*) from flights group by month\" --lake ./lake\n"
      "  deltaport query \"select * from flights at (version => 3)\" --table ./lake/flights\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunQuery(*options, token); };
  });
}

}  // namespace deltaport::cli
