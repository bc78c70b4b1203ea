// deltaport update: new values for rows of a Delta table.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/row_statement_options.h"
#include "lake/write/update.h"

namespace deltaport::cli {
namespace {

struct UpdateOptions {
  RowStatementFlags flags;
  std::vector<std::string> set;
  std::string where;
  bool all = false;
};

Status RunUpdate(const UpdateOptions& options, const CancelToken& token) {
  if (options.all == !options.where.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "say which rows to update: --where PREDICATE, or --all for every row");
  }
  lake::UpdateRequest request;
  ARROW_ASSIGN_OR_RAISE(request.options, options.flags.Options());
  std::string assignments;
  for (const auto& text : options.set) {
    // Each by itself first, so that an error shows the option that is wrong.
    ARROW_RETURN_NOT_OK(lake::ParseAssignments(text));
    assignments += (assignments.empty() ? "" : ", ") + text;
  }
  ARROW_ASSIGN_OR_RAISE(request.assignments, lake::ParseAssignments(assignments));
  if (!options.all) request.where = options.where;
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(options.flags.table));
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  lake::RowStatementOutcome outcome;
  {
    const Progress progress(-1, true);
    ARROW_ASSIGN_OR_RAISE(outcome, lake::Update(*engine, location, request, token));
  }
  return options.flags.Print(outcome, token);
}

}  // namespace

void AddUpdateCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<UpdateOptions>();
  CLI::App* command = app.add_subcommand("update", "Change rows of a Delta table");
  options->flags.AddTo(*command);
  command
      ->add_option("--set", options->set,
                   "COLUMN = EXPRESSION (SQL over the row as it is, or DEFAULT); repeat it, or "
                   "put commas between")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--where", options->where, "Change the rows for which this is true (SQL)");
  command->add_flag("--all", options->all, "Change every row");
  command->footer(
      "Examples:\n"
      "  deltaport update ./lake/flights --set \"delay = delay + 5\" --where \"month = 1\"\n"
      "  deltaport update ./lake/flights --set \"carrier = upper(carrier)\" --all\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunUpdate(*options, token); };
  });
}

}  // namespace deltaport::cli
