// deltaport import: rows of files into a Delta table.

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/input_options.h"
#include "cli/progress.h"
#include "lake/import.h"

namespace deltaport::cli {
namespace {

struct ImportOptions {
  lake::ImportRequest request;
  std::string mode = "append";
};

Status RunImport(const ImportOptions& options, const CancelToken& token) {
  lake::ImportRequest request = options.request;
  request.mode = options.mode == "create"      ? lake::ImportMode::kCreate
                 : options.mode == "overwrite" ? lake::ImportMode::kOverwrite
                                               : lake::ImportMode::kAppend;
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  Progress progress(-1, true);
  request.input.on_rows = [&progress](int64_t rows) { progress.AddRows(rows); };
  ARROW_ASSIGN_OR_RAISE(const auto outcome, lake::Import(*engine, request, token));
  std::printf("%s: version %lld, %lld rows in %lld files, %lld bytes\n", request.table.c_str(),
              static_cast<long long>(outcome.version), static_cast<long long>(outcome.rows),
              static_cast<long long>(outcome.files), static_cast<long long>(outcome.size_bytes));
  return Status::OK();
}

}  // namespace

void AddImportCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand("import", "Write rows of files into a Delta table");
  AddInputFiles(*command, options->request.input);
  command->add_option("--to", options->request.table, "Folder of the Delta table")->required();
  command
      ->add_option("--mode", options->mode,
                   "create a table, append to one (default), or overwrite its rows")
      ->check(CLI::IsMember({"create", "append", "overwrite"}));
  command
      ->add_option("--partition-by", options->request.partition_columns,
                   "Columns whose values become folders; with --mode create")
      ->delimiter(',');
  command->footer(
      "Examples:\n"
      "  deltaport import flights.csv --to ./lake/flights --mode create --partition-by month\n"
      "  deltaport import 'more/*.parquet' --to ./lake/flights\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunImport(*options, token); };
  });
}

}  // namespace deltaport::cli
