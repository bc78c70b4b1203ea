// deltaport convert: a folder of Parquet files becomes a Delta table, in place.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/outcome_row.h"
#include "cli/progress.h"
#include "cli/result_writer.h"
#include "lake/upkeep/convert.h"

namespace deltaport::cli {
namespace {

struct ConvertArguments {
  std::string path;
  std::vector<std::string> partitions;
  std::vector<std::string> properties;
  std::string output = "table";
};

// "name" or "name:type".
lake::ConvertPartition ParsePartition(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

Status RunConvert(const ConvertArguments& arguments, const CancelToken& token) {
  ARROW_RETURN_NOT_OK(ParseOutputFormat(arguments.output).status());
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(arguments.path));
  lake::ConvertOptions options;
  for (const auto& text : arguments.partitions) {
    options.partitions.push_back(ParsePartition(text));
  }
  for (const auto& text : arguments.properties) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorCode::kInvalidArgument,
                   "--property is '{}', allowed is NAME=VALUE such as delta.appendOnly=true", text);
    }
    options.configuration[text.substr(0, equals)] = text.substr(equals + 1);
  }
  lake::ConvertOutcome outcome;
  {
    Progress progress(-1, true);
    options.on_rows = [&progress](int64_t rows) { progress.AddRows(rows); };
    ARROW_ASSIGN_OR_RAISE(outcome, lake::Convert(location, options, token));
  }
  return OutcomeRow()
      .Add("version", outcome.version)
      .Add("files", outcome.files)
      .Add("rows", outcome.rows)
      .Add("bytes", outcome.size_bytes)
      .Add("partition_columns", fmt::format("{}", fmt::join(outcome.partition_columns, ",")))
      .Print(arguments.output, token);
}

}  // namespace

void AddConvertCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ConvertArguments>();
  CLI::App* command =
      app.add_subcommand("convert", "Make a folder of Parquet files a Delta table, in place");
  command->add_option("FOLDER", arguments->path, "Folder with Parquet files, at any depth")
      ->required();
  command
      ->add_option("--partition-by", arguments->partitions,
                   "Columns in the folders' names (year=2013), in their order; with a type: "
                   "year:integer. Default: what the names say")
      ->delimiter(',');
  command->add_option("--property", arguments->properties,
                      "Table property NAME=VALUE; may be given several times");
  command->add_option("--output", arguments->output, "table (default), json, csv or arrow");
  command->footer(
      "Example:\n  deltaport convert ./lake/flights --partition-by year:integer,month:integer\n");
  command->callback([arguments, &action] {
    action = [arguments](const CancelToken& token) { return RunConvert(*arguments, token); };
  });
}

}  // namespace deltaport::cli
