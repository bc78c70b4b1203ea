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

// A bound is a version or a time; of a time, the range of versions is asked for.
Result<delta::ChangeRange> RangeOf(const ChangesArguments& arguments,
                                   const storage::Location& table) {
  if (arguments.first.has_value() != arguments.since.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "give the first version (--from) or time (--since), one of them");
  }
  if (arguments.last && !arguments.until.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "give the last version (--to) or time (--until), not both");
  }
  delta::ChangeRange range;
  std::optional<int64_t> until_ms;
  if (!arguments.until.empty()) {
    ARROW_ASSIGN_OR_RAISE(until_ms, ParseTimestampMs(arguments.until));
  }
  if (!arguments.since.empty()) {
    ARROW_ASSIGN_OR_RAISE(const int64_t since_ms, ParseTimestampMs(arguments.since));
    ARROW_ASSIGN_OR_RAISE(range, delta::ChangesBetween(table, since_ms, until_ms));
  } else if (until_ms) {
    ARROW_ASSIGN_OR_RAISE(range, delta::ChangesBetween(table, 0, until_ms));
  }
  if (arguments.first) range.first = *arguments.first;
  if (arguments.last || !until_ms) range.last = arguments.last;
  return range;
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
                      "Instead of --from: versions committed from this time on (ISO 8601, UTC)");
  command->add_option("--until", arguments->until, "Instead of --to: up to this time");
  command->add_option("--output", arguments->output, "table (default), json, csv or arrow");
  command->add_option("--out", arguments->file, "Write to FILE.parquet, .arrow, .csv or .json");
  command->footer(
      "Examples:\n"
      "  deltaport changes ./lake/flights --from 3\n"
      "  deltaport changes ./lake/flights --since 2024-01-31 --out changes.parquet\n"
      "  deltaport changes ./lake/flights --from 3 --until 2024-02-29T12:00:00Z\n");
  command->callback([arguments, &action] {
    action = [arguments](const CancelToken& token) { return RunChanges(*arguments, token); };
  });
}

}  // namespace deltaport::cli
