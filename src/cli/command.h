// The commands of the program: one file each, one function here each.
//
// A function adds its subcommand to the parser; when the command line names it, `action` becomes
// the work to do. The token is cancelled by the first SIGINT or SIGTERM.

#pragma once

#include <functional>

#include "base/cancel_token.h"
#include "base/error.h"

namespace CLI {
class App;
}

namespace deltaport::cli {

using Action = std::function<Status(const CancelToken& token)>;

void AddServeCommand(CLI::App& app, Action& action);
void AddQueryCommand(CLI::App& app, Action& action);
void AddLsCommand(CLI::App& app, Action& action);
void AddSchemaCommand(CLI::App& app, Action& action);
void AddHistoryCommand(CLI::App& app, Action& action);
void AddCheckpointCommand(CLI::App& app, Action& action);
void AddReadCommand(CLI::App& app, Action& action);
void AddImportCommand(CLI::App& app, Action& action);
void AddDeleteCommand(CLI::App& app, Action& action);
void AddUpdateCommand(CLI::App& app, Action& action);
void AddMergeCommand(CLI::App& app, Action& action);
void AddCreateCommand(CLI::App& app, Action& action);
void AddAppendCommand(CLI::App& app, Action& action);
void AddOverwriteCommand(CLI::App& app, Action& action);
void AddAlterCommand(CLI::App& app, Action& action);
void AddChangesCommand(CLI::App& app, Action& action);
void AddOptimizeCommand(CLI::App& app, Action& action);
void AddZOrderCommand(CLI::App& app, Action& action);
void AddVacuumCommand(CLI::App& app, Action& action);
void AddRestoreCommand(CLI::App& app, Action& action);
void AddConvertCommand(CLI::App& app, Action& action);
void AddConfigCommand(CLI::App& app, Action& action);
void AddCompletionCommand(CLI::App& app, Action& action);
void AddVersionCommand(CLI::App& app, Action& action);

// Parses the command line, runs the command, reports errors. Returns the exit code, see
// docs/command-line.md.
int Run(int argc, const char* const* argv);

}  // namespace deltaport::cli
