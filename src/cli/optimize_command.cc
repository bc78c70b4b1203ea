// deltaport optimize: small files of a table become fewer, larger ones. deltaport z-order: the rows
// of a table are ordered by several columns at once.

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/outcome_row.h"
#include "cli/progress.h"
#include "cli/result_writer.h"
#include "delta/clustering.h"
#include "lake/upkeep/optimize.h"
#include "lake/upkeep/z_order.h"

namespace deltaport::cli {
namespace {

// What both commands take.
struct RewriteArguments {
  std::string path;
  std::optional<uint64_t> target_bytes;
  std::optional<std::string> where;
  uint64_t memory_bytes = 0;
  std::string output = "table";

  void AddTo(CLI::App& command) {
    command.add_option("TABLE", path, "Folder of a Delta table")->required();
    command.add_option("--where", where,
                       "Only the partitions for which this is true (SQL over partition columns)");
    command.add_option("--target-size", target_bytes, "Size of the files; default: 256MB")
        ->transform(CLI::AsSizeValue(false));
    command.add_option("--memory", memory_bytes, "For sorting and scanning; default: 60 % of all")
        ->transform(CLI::AsSizeValue(false));
    command.add_option("--output", output, "table (default), json, csv or arrow");
  }

  Result<std::unique_ptr<engine::QueryEngine>> Engine() const {
    engine::EngineOptions options;
    options.memory_limit_bytes = static_cast<int64_t>(memory_bytes);
    return engine::MakeDuckDbEngine(options);
  }

  // That ordering takes beside the engine.
  void LimitMemory(lake::ZOrderOptions& options) const {
    const auto share = static_cast<int64_t>(memory_bytes / 4);
    if (share > 0) options.memory_bytes = std::min(options.memory_bytes, share);
  }

  std::optional<int64_t> TargetBytes() const {
    return target_bytes ? std::optional(static_cast<int64_t>(*target_bytes)) : std::nullopt;
  }
};

struct OptimizeArguments : RewriteArguments {
  std::optional<uint64_t> min_file_bytes;
  bool purge = false;
  bool full = false;
};

struct ZOrderArguments : RewriteArguments {
  std::vector<std::string> columns;
  std::string curve = "hilbert";
};

Status Print(const lake::OptimizeOutcome& outcome, const std::string& format,
             const CancelToken& token) {
  return OutcomeRow()
      .Add("version", outcome.version)
      .Add("added_files", outcome.added_files)
      .Add("added_bytes", outcome.added_bytes)
      .Add("removed_files", outcome.removed_files)
      .Add("removed_bytes", outcome.removed_bytes)
      .Add("removed_deletion_vectors", outcome.removed_deletion_vectors)
      .Add("rows", outcome.rows)
      .Add("partitions", outcome.partitions)
      .Print(format, token);
}

Result<lake::OptimizeOutcome> Compact(const OptimizeArguments& arguments,
                                      const storage::Location& table, engine::QueryEngine& engine,
                                      const CancelToken& token) {
  Progress progress(-1, true);
  const auto on_rows = [&progress](int64_t rows) { progress.AddRows(rows); };
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(table));
  if (snapshot->domains().contains(delta::kClusteringDomain) && !arguments.purge) {
    lake::ZOrderOptions options;
    options.target_bytes = arguments.TargetBytes();
    options.where = arguments.where;
    options.incremental = !arguments.full;
    arguments.LimitMemory(options);
    options.on_rows = on_rows;
    return lake::ZOrder(engine, table, options, token);
  }
  lake::OptimizeOptions options;
  options.target_bytes = arguments.TargetBytes();
  options.where = arguments.where;
  if (arguments.min_file_bytes) {
    options.min_file_bytes = static_cast<int64_t>(*arguments.min_file_bytes);
  }
  options.purge = arguments.purge;
  options.on_rows = on_rows;
  return lake::Optimize(engine, table, options, token);
}

Status RunOptimize(const OptimizeArguments& arguments, const CancelToken& token) {
  ARROW_RETURN_NOT_OK(ParseOutputFormat(arguments.output).status());
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(arguments.path));
  ARROW_ASSIGN_OR_RAISE(const auto engine, arguments.Engine());
  ARROW_ASSIGN_OR_RAISE(const auto outcome, Compact(arguments, location, *engine, token));
  return Print(outcome, arguments.output, token);
}

Status RunZOrder(const ZOrderArguments& arguments, const CancelToken& token) {
  ARROW_RETURN_NOT_OK(ParseOutputFormat(arguments.output).status());
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(arguments.path));
  ARROW_ASSIGN_OR_RAISE(const auto engine, arguments.Engine());
  lake::OptimizeOutcome outcome;
  {
    Progress progress(-1, true);
    lake::ZOrderOptions options;
    options.columns = arguments.columns;
    options.curve = arguments.curve == "z-order" ? lake::Curve::kZOrder : lake::Curve::kHilbert;
    options.target_bytes = arguments.TargetBytes();
    options.where = arguments.where;
    arguments.LimitMemory(options);
    options.on_rows = [&progress](int64_t rows) { progress.AddRows(rows); };
    ARROW_ASSIGN_OR_RAISE(outcome, lake::ZOrder(*engine, location, options, token));
  }
  return Print(outcome, arguments.output, token);
}

}  // namespace

void AddOptimizeCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<OptimizeArguments>();
  CLI::App* command = app.add_subcommand(
      "optimize", "Make fewer, larger files; order new rows of a clustered table");
  arguments->AddTo(*command);
  command
      ->add_option("--min-size", arguments->min_file_bytes,
                   "Leave files from this size on; default: the target size")
      ->transform(CLI::AsSizeValue(false));
  command->add_flag("--purge", arguments->purge,
                    "Rewrite the files that have deletion vectors, and no others");
  command->add_flag("--full", arguments->full, "Order all rows of a clustered table again");
  command->footer(
      "Examples:\n"
      "  deltaport optimize ./lake/flights --target-size 128MB\n"
      "  deltaport optimize ./lake/flights --where \"month = 3\"\n"
      "  deltaport optimize ./lake/flights --purge\n");
  command->callback([arguments, &action] {
    action = [arguments](const CancelToken& token) { return RunOptimize(*arguments, token); };
  });
}

void AddZOrderCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ZOrderArguments>();
  CLI::App* command =
      app.add_subcommand("z-order", "Order the rows of a table by several columns at once");
  arguments->AddTo(*command);
  command
      ->add_option("--columns", arguments->columns,
                   "Columns that queries select by; default: those the table is clustered by")
      ->delimiter(',');
  command->add_option("--curve", arguments->curve, "hilbert (default) or z-order")
      ->check(CLI::IsMember({"hilbert", "z-order"}));
  command->footer("Example:\n  deltaport z-order ./lake/flights --columns origin,dep_time\n");
  command->callback([arguments, &action] {
    action = [arguments](const CancelToken& token) { return RunZOrder(*arguments, token); };
  });
}

}  // namespace deltaport::cli
