// deltaport changes: the rows that commits of a table inserted, updated and deleted.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/number_check.h"
#include "cli/result_writer.h"
#include "cli/table_selection.h"
#include "lake/change_rows.h"

namespace deltaport::cli {
namespace {

struct ChangesArguments {
  std::string path;
  std::optional<int64_t> first;
  std::optional<int64_t> last;
  std::string since;
  std::string until;
  std::string output = "table";
  std::string file;
};

Result<delta::ChangeRange> RangeOf(const ChangesArguments& arguments,
                                   const storage::Location& table) {
  const bool versions = arguments.first || arguments.last;
  const bool times = !arguments.since.empty() || !arguments.until.empty();
  if (versions && times) {
    return Error(ErrorCode::kInvalidArgument,
                 "give either versions (--from, --to) or times (--since, --until), not both");
  }
  if (times && arguments.since.empty()) {
    return Error(ErrorCode::kInvalidArgument, "--until needs --since");
  }
  if (!times) {
    if (!arguments.first) {
      return Error(ErrorCode::kInvalidArgument,
                   "give the first version (--from) or time (--since)");
    }
    return delta::ChangeRange{*arguments.first, arguments.last};
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t first_ms, ParseTimestampMs(arguments.since));
  std::optional<int64_t> last_ms;
  if (!arguments.until.empty()) {
    ARROW_ASSIGN_OR_RAISE(last_ms, ParseTimestampMs(arguments.until));
  }
  return delta::ChangesBetween(table, first_ms, last_ms);
}

Status RunChanges(const ChangesArguments& arguments, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(arguments.output));
  if (!arguments.file.empty()) ARROW_RETURN_NOT_OK(OutputFormatOfFile(arguments.file).status());
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(arguments.path));
  ARROW_ASSIGN_OR_RAISE(const auto range, RangeOf(arguments, location));
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  ARROW_ASSIGN_OR_RAISE(const auto rows, lake::ReadChangeRows(*engine, location, range, token));
  if (!arguments.file.empty()) return WriteResultFile(*rows, arguments.file, token);
  return PrintResult(*rows, format, token);
}

}  // namespace

void AddChangesCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ChangesArguments>();
  CLI::App* command =
      app.add_subcommand("changes", "Print or export the rows that commits changed");
  command->add_option("TABLE", arguments->path, "Folder of a Delta table with a change data feed")
      ->required();
  command->add_option("--from", arguments->first, "First version")->check(NotNegative());
  command->add_option("--to", arguments->last, "Last version; default: the latest")
      ->check(NotNegative());
  command->add_option("--since", arguments->since,
                      "Versions committed from this time on (ISO 8601, UTC)");
  command->add_option("--until", arguments->until, "With --since: up to this time");
  command->add_option("--output", arguments->output, "table (default), json, csv or arrow");
  command->add_option("--out", arguments->file, "Write to FILE.parquet, .arrow, .csv or .json");
  command->footer(
      "Examples:\n"
      "  deltaport changes ./lake/flights --from 3\n"
      "  deltaport changes ./lake/flights --since 2024-01-31 --out changes.parquet\n");
  command->callback([arguments, &action] {
    action = [arguments](const CancelToken& token) { return RunChanges(*arguments, token); };
  });
}

}  // namespace deltaport::cli
