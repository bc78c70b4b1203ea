// deltaport vacuum: removes files that no version of a table needs any more.

#include <memory>

#include <CLI/CLI.hpp>
#include <arrow/builder.h>

#include "cli/command.h"
#include "cli/outcome_row.h"
#include "cli/progress.h"
#include "cli/result_writer.h"
#include "delta/table_properties.h"
#include "lake/upkeep/vacuum.h"

namespace deltaport::cli {
namespace {

struct VacuumArguments {
  std::string path;
  std::string retention;
  bool lite = false;
  bool list = false;
  bool quiet_log = false;
  lake::VacuumOptions options;
  std::string output = "table";
};

Status PrintFiles(const lake::VacuumOutcome& outcome, const std::string& format,
                  const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat output, ParseOutputFormat(format));
  const auto time_type = arrow::timestamp(arrow::TimeUnit::MILLI, "UTC");
  arrow::StringBuilder paths;
  arrow::Int64Builder sizes;
  arrow::TimestampBuilder times(time_type, arrow::default_memory_pool());
  for (const auto& file : outcome.files) {
    ARROW_RETURN_NOT_OK(paths.Append(file.path));
    ARROW_RETURN_NOT_OK(sizes.Append(file.size_bytes));
    ARROW_RETURN_NOT_OK(times.Append(file.modified_ms));
  }
  arrow::ArrayVector columns(3);
  ARROW_ASSIGN_OR_RAISE(columns[0], paths.Finish());
  ARROW_ASSIGN_OR_RAISE(columns[1], sizes.Finish());
  ARROW_ASSIGN_OR_RAISE(columns[2], times.Finish());
  const auto schema =
      arrow::schema({arrow::field("path", arrow::utf8()), arrow::field("bytes", arrow::int64()),
                     arrow::field("modified", time_type)});
  const auto batch =
      arrow::RecordBatch::Make(schema, static_cast<int64_t>(outcome.files.size()), columns);
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make({batch}));
  return PrintResult(*reader, output, token);
}

Status RunVacuum(const VacuumArguments& arguments, const CancelToken& token) {
  ARROW_RETURN_NOT_OK(ParseOutputFormat(arguments.output).status());
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(arguments.path));
  lake::VacuumOptions options = arguments.options;
  options.mode = arguments.lite ? lake::VacuumMode::kLite : lake::VacuumMode::kFull;
  options.record_in_log = !arguments.quiet_log;
  if (!arguments.retention.empty()) {
    ARROW_ASSIGN_OR_RAISE(options.retention_ms, delta::ParseInterval(arguments.retention));
  }
  lake::VacuumOutcome outcome;
  {
    Progress progress(-1, true);
    options.on_files = [&progress](int64_t files) { progress.AddRows(files); };
    ARROW_ASSIGN_OR_RAISE(outcome, lake::Vacuum(location, options, token));
  }
  if (arguments.list) return PrintFiles(outcome, arguments.output, token);
  return OutcomeRow()
      .Add(options.dry_run ? "removable_files" : "removed_files", outcome.removed_files)
      .Add(options.dry_run ? "removable_bytes" : "removed_bytes", outcome.removed_bytes)
      .Add("examined_files", outcome.examined_files)
      .Add("retention_hours", outcome.retention_ms / 3'600'000)
      .Print(arguments.output, token);
}

}  // namespace

void AddVacuumCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<VacuumArguments>();
  CLI::App* command =
      app.add_subcommand("vacuum", "Remove files that no version of a table needs any more");
  command->add_option("TABLE", arguments->path, "Folder of a Delta table")->required();
  command->add_flag("--dry-run", arguments->options.dry_run, "Remove nothing, only tell");
  command->add_option("--retention", arguments->retention,
                      "Keep files this long, such as '7 days'; default: as the table says");
  command->add_flag("--force", arguments->options.force,
                    "Allow a retention shorter than the table's");
  command->add_flag("--lite", arguments->lite,
                    "Look only at files that the log tells to be removed, do not list the folder");
  command->add_flag("--no-log", arguments->quiet_log, "Commit no VACUUM START and VACUUM END");
  command->add_flag("--list", arguments->list, "Print the files (the first 10,000), not numbers");
  command->add_option("--output", arguments->output, "table (default), json, csv or arrow");
  command->footer(
      "Examples:\n"
      "  deltaport vacuum ./lake/flights --dry-run --list\n"
      "  deltaport vacuum ./lake/flights --retention '2 days' --force\n");
  command->callback([arguments, &action] {
    action = [arguments](const CancelToken& token) { return RunVacuum(*arguments, token); };
  });
}

}  // namespace deltaport::cli
