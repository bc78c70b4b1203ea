// deltaport delete: rows out of a Delta table.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/row_statement_options.h"
#include "lake/write/delete.h"

namespace deltaport::cli {
namespace {

struct DeleteOptions {
  RowStatementFlags flags;
  std::string where;
  bool all = false;
};

Status RunDelete(const DeleteOptions& options, const CancelToken& token) {
  if (options.all == !options.where.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "say which rows to delete: --where PREDICATE, or --all for every row");
  }
  lake::DeleteRequest request;
  ARROW_ASSIGN_OR_RAISE(request.options, options.flags.Options());
  if (!options.all) request.where = options.where;
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(options.flags.table));
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  lake::RowStatementOutcome outcome;
  {
    const Progress progress(-1, true);
    ARROW_ASSIGN_OR_RAISE(outcome, lake::Delete(*engine, location, request, token));
  }
  return options.flags.Print(outcome, token);
}

}  // namespace

void AddDeleteCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<DeleteOptions>();
  CLI::App* command = app.add_subcommand("delete", "Delete rows of a Delta table");
  options->flags.AddTo(*command);
  command->add_option("--where", options->where, "Delete the rows for which this is true (SQL)");
  command->add_flag("--all", options->all, "Delete every row");
  command->footer(
      "Examples:\n"
      "  deltaport delete ./lake/flights --where \"month = 1 and carrier = 'XX'\"\n"
      "  deltaport delete ./lake/flights --where \"delay is null\" --dry-run\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunDelete(*options, token); };
  });
}

}  // namespace deltaport::cli
