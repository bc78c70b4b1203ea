// deltaport restore: an older version of a table becomes its latest one again.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/outcome_row.h"
#include "cli/result_writer.h"
#include "cli/table_selection.h"
#include "lake/upkeep/restore.h"

namespace deltaport::cli {
namespace {

struct RestoreArguments {
  TableSelection table;
  bool ignore_missing_files = false;
  std::string output = "table";
};

Status RunRestore(const RestoreArguments& arguments, const CancelToken& token) {
  ARROW_RETURN_NOT_OK(ParseOutputFormat(arguments.output).status());
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(arguments.table.path));
  lake::RestoreOptions options;
  ARROW_ASSIGN_OR_RAISE(options.to, arguments.table.At());
  if (std::holds_alternative<delta::LatestVersion>(options.to)) {
    return Error(ErrorCode::kInvalidArgument, "give the --version or the --timestamp to restore");
  }
  options.ignore_missing_files = arguments.ignore_missing_files;
  ARROW_ASSIGN_OR_RAISE(const auto outcome, lake::Restore(location, options, token));
  return OutcomeRow()
      .Add("version", outcome.version)
      .Add("restored_version", outcome.restored_version)
      .Add("files", outcome.files)
      .Add("bytes", outcome.size_bytes)
      .Add("restored_files", outcome.restored_files)
      .Add("restored_bytes", outcome.restored_bytes)
      .Add("removed_files", outcome.removed_files)
      .Add("removed_bytes", outcome.removed_bytes)
      .Print(arguments.output, token);
}

}  // namespace

void AddRestoreCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RestoreArguments>();
  CLI::App* command =
      app.add_subcommand("restore", "Make an older version of a Delta table its latest one");
  arguments->table.AddTo(*command);
  command->add_flag("--ignore-missing-files", arguments->ignore_missing_files,
                    "Go on although files of that version are gone");
  command->add_option("--output", arguments->output, "table (default), json, csv or arrow");
  command->footer("Example:\n  deltaport restore ./lake/flights --version 3\n");
  command->callback([arguments, &action] {
    action = [arguments](const CancelToken& token) { return RunRestore(*arguments, token); };
  });
}

}  // namespace deltaport::cli
