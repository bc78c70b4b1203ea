// Parses the command line, runs what it asks for and turns the outcome into an exit code.

#include <clocale>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/prctl.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/standard_output.h"
#include "ports/error_mapping.h"

namespace deltaport::cli {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitBrokenPipe = 128 + SIGPIPE;

// One line for each line of the message that is not empty, without any trace of code.
void Report(const Status& status) {
  std::string_view message = status.message();
  while (!message.empty()) {
    const size_t end = message.find('\n');
    const std::string_view line = message.substr(0, end);
    if (!line.empty()) {
      std::fprintf(stderr, "deltaport: %.*s\n", static_cast<int>(line.size()), line.data());
    }
    message = end == std::string_view::npos ? std::string_view{} : message.substr(end + 1);
  }
}

// What is wrong, and the command whose help tells more.
void ReportMistake(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string name = app.get_name();
  std::vector<std::string> unknown = app.remaining();
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
    const auto more = command->remaining();
    unknown.insert(unknown.end(), more.begin(), more.end());
  }
  std::string text = error.what();
  const bool has_commands = !command->get_subcommands(nullptr).empty();
  if (has_commands && error.get_name() == "RequiredError") {
    text = unknown.empty() ? "a command is missing"
                           : fmt::format("there is no command '{}'", unknown.front());
  }
  std::fprintf(stderr, "deltaport: %s; see %s --help\n", text.c_str(), name.c_str());
}

int ExitCodeOfParse(CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return app.exit(error);  // --help and --version print their text on standard output.
  }
  ReportMistake(app, error);
  return kExitUsage;
}

void AddCommands(CLI::App& app, Action& action) {
  AddServeCommand(app, action);
  AddQueryCommand(app, action);
  AddLsCommand(app, action);
  AddSchemaCommand(app, action);
  AddHistoryCommand(app, action);
  AddCheckpointCommand(app, action);
  AddReadCommand(app, action);
  AddImportCommand(app, action);
  AddDeleteCommand(app, action);
  AddUpdateCommand(app, action);
  AddMergeCommand(app, action);
  AddCreateCommand(app, action);
  AddAppendCommand(app, action);
  AddOverwriteCommand(app, action);
  AddAlterCommand(app, action);
  AddChangesCommand(app, action);
  AddOptimizeCommand(app, action);
  AddZOrderCommand(app, action);
  AddVacuumCommand(app, action);
  AddRestoreCommand(app, action);
  AddConvertCommand(app, action);
  AddConfigCommand(app, action);
  AddCompletionCommand(app, action);
  AddVersionCommand(app, action);
}

// Commands are soon over: clearing pages of 2 MiB, of which they use little, would take a quarter
// of the time and of the memory. Where the kernel has no such switch nothing is lost.
void AvoidHugePages() { static_cast<void>(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)); }

}  // namespace

int Run(int argc, const char* const* argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::signal(SIGPIPE, SIG_DFL);  // A reader that leaves ends a command quietly.
  log::Configure(log::Level::kOff, log::Format::kText);
  CLI::App app("Deltaport serves and reads lakes of Delta tables and Parquet files.", "deltaport");
  app.require_subcommand(1);
  app.set_version_flag("--version", "deltaport " DELTAPORT_VERSION);
  app.footer(
      "Examples:\n"
      "  deltaport serve ./lake\n"
      "  deltaport query \"select count(*) from flights\" --lake ./lake\n"
      "  deltaport read ./lake/flights --version 3 --out flights.parquet\n");
  Action action;
  AddCommands(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ExitCodeOfParse(app, error);
  }
  if (!app.got_subcommand("serve")) AvoidHugePages();
  const CancelToken token;
  const InterruptWatch watch(token);
  const Status status = action(token);
  if (status.ok()) return 0;
  if (IsBrokenPipe(status)) return kExitBrokenPipe;
  Report(status);
  if (watch.signal() != 0) return 128 + watch.signal();
  return ports::ExitCodeOf(status);
}

}  // namespace deltaport::cli
