// deltaport append: rows of files into a Delta table that exists, by the table's rules.

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/input_options.h"
#include "cli/once_options.h"
#include "cli/outcome_row.h"
#include "cli/progress.h"
#include "cli/result_writer.h"
#include "lake/import.h"

namespace deltaport::cli {
namespace {

struct AppendCommandOptions {
  lake::ImportRequest request;
  OnceFlags once;
  std::string output = "text";
};

Status RunAppend(const AppendCommandOptions& options, const CancelToken& token) {
  lake::ImportRequest request = options.request;
  if (options.output != "text") ARROW_RETURN_NOT_OK(ParseOutputFormat(options.output).status());
  ARROW_ASSIGN_OR_RAISE(request.transaction, options.once.Transaction());
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  lake::ImportOutcome outcome;
  {
    Progress progress(-1, true);
    request.input.on_rows = [&progress](int64_t rows) { progress.AddRows(rows); };
    ARROW_ASSIGN_OR_RAISE(outcome, lake::Import(*engine, request, token));
  }
  if (options.output != "text") {
    return OutcomeRow()
        .Add("version", outcome.version)
        .Add("rows", outcome.rows)
        .Add("files", outcome.files)
        .Add("bytes", outcome.size_bytes)
        .Print(options.output, token);
  }
  if (outcome.already_done) {
    std::printf("%s: version %lld has it already, nothing was written\n", request.table.c_str(),
                static_cast<long long>(outcome.version));
    return Status::OK();
  }
  std::printf("%s: version %lld, %lld rows in %lld files, %lld bytes\n", request.table.c_str(),
              static_cast<long long>(outcome.version), static_cast<long long>(outcome.rows),
              static_cast<long long>(outcome.files), static_cast<long long>(outcome.size_bytes));
  return Status::OK();
}

}  // namespace

void AddAppendCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<AppendCommandOptions>();
  CLI::App* command =
      app.add_subcommand("append", "Add rows of files to a Delta table, by the table's rules");
  command->add_option("TABLE", options->request.table, "Folder of the Delta table")->required();
  AddInputFiles(*command, options->request.input);
  command->add_flag("--merge-schema", options->request.merge_schema,
                    "Add the columns that only the files have, and widen types if the table "
                    "allows it");
  options->once.AddTo(*command);
  command->add_option("--output", options->output,
                      "text (default), or the numbers as table, json, csv or arrow");
  command->footer(
      "Columns that the files lack get their defaults, are generated, counted, or null.\n"
      "Examples:\n"
      "  deltaport append ./lake/events more.parquet\n"
      "  deltaport append ./lake/events day.csv --app-id nightly --txn-version 20240229\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunAppend(*options, token); };
  });
}

}  // namespace deltaport::cli
