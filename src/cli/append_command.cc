// deltaport append: rows of files into a Delta table that exists, by the table's rules.

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/progress.h"
#include "lake/import.h"

namespace deltaport::cli {
namespace {

struct AppendCommandOptions {
  lake::ImportRequest request;
  std::string mode = "append";
  std::string application;
  int64_t transaction_version = -1;
};

Status RunAppend(const AppendCommandOptions& options, const CancelToken& token) {
  lake::ImportRequest request = options.request;
  request.mode =
      options.mode == "overwrite" ? lake::ImportMode::kOverwrite : lake::ImportMode::kAppend;
  if (options.application.empty() != (options.transaction_version < 0)) {
    return Error(ErrorCode::kInvalidArgument, "--app-id and --txn-version belong together");
  }
  if (!options.application.empty()) {
    request.transaction =
        delta::SetTransaction{options.application, options.transaction_version, std::nullopt};
  }
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  lake::ImportOutcome outcome;
  {
    Progress progress(-1, true);
    request.on_rows = [&progress](int64_t rows) { progress.AddRows(rows); };
    ARROW_ASSIGN_OR_RAISE(outcome, lake::Import(*engine, request, token));
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
  command->add_option("FILE", options->request.files, "Parquet or CSV files, or quoted globs")
      ->required();
  command
      ->add_option("--mode", options->mode,
                   "append (default), or overwrite: the rows replace those of the table")
      ->check(CLI::IsMember({"append", "overwrite"}));
  command->add_option("--app-id", options->application,
                      "Write once: name of the writer, recorded with the commit");
  command
      ->add_option("--txn-version", options->transaction_version,
                   "Write once: does nothing if the table has this number of --app-id, or a later "
                   "one")
      ->check(CLI::NonNegativeNumber);
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
