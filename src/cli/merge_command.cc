// deltaport merge: rows of a file change, delete and insert rows of a Delta table.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/input_options.h"
#include "cli/progress.h"
#include "cli/row_statement_options.h"
#include "lake/write/merge.h"

namespace deltaport::cli {
namespace {

struct MergeOptions {
  RowStatementFlags flags;
  lake::InputFiles source;
  lake::MergeRequest request;
  std::vector<std::string> when;
};

Status RunMerge(const MergeOptions& options, const CancelToken& token) {
  lake::MergeRequest request = options.request;
  ARROW_ASSIGN_OR_RAISE(request.options, options.flags.Options());
  for (const auto& text : options.when) {
    ARROW_ASSIGN_OR_RAISE(auto clause, lake::ParseMergeClause(text));
    request.clauses.push_back(std::move(clause));
  }
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(options.flags.table));
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  lake::InputFiles input = options.source;
  input.table = location;
  ARROW_ASSIGN_OR_RAISE(auto source, lake::OpenInput(input, token));
  lake::MergeOutcome outcome;
  {
    const Progress progress(-1, true);
    ARROW_ASSIGN_OR_RAISE(outcome,
                          lake::Merge(*engine, location, std::move(source), request, token));
  }
  return options.flags.Print(outcome, token);
}

}  // namespace

void AddMergeCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* command =
      app.add_subcommand("merge", "Change, delete and insert rows by those of a file");
  options->flags.AddTo(*command);
  AddInputFiles(*command, options->source, "--source");
  command
      ->add_option("--on", options->request.on,
                   "When a row of the source belongs to one of the table (SQL)")
      ->required();
  command
      ->add_option("--when", options->when,
                   "[not] matched [by source] [and CONDITION] then update * | update set A = X, … "
                   "| delete | insert * | insert (A, …) values (X, …); repeat it, the first that "
                   "applies to a row is carried out")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--merge-schema", options->request.merge_schema,
                    "Add the columns that the clauses would set but the table lacks, and widen "
                    "types if the table allows it");
  command->add_option("--table-alias", options->request.table_alias,
                      "Name of the table in the expressions (default: target)");
  command->add_option("--source-alias", options->request.source_alias,
                      "Name of the source in the expressions (default: source)");
  command->footer(
      "Examples:\n"
      "  deltaport merge ./lake/flights --source new.parquet --on \"target.id = source.id\" \\\n"
      "    --when \"matched then update *\" --when \"not matched then insert *\"\n"
      "  deltaport merge ./lake/flights --source changes.csv --on \"target.id = source.id\" \\\n"
      "    --when \"matched and source.gone then delete\" \\\n"
      "    --when \"matched then update set delay = source.delay\"\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunMerge(*options, token); };
  });
}

}  // namespace deltaport::cli
