// deltaport alter: changes of a Delta table's columns, properties and constraints.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/outcome_row.h"
#include "cli/progress.h"
#include "cli/property_text.h"
#include "cli/result_writer.h"
#include "delta/schema_change.h"
#include "lake/write/alter.h"

namespace deltaport::cli {
namespace {

// What the subcommands take; each uses some of it.
struct AlterArguments {
  std::string table;
  std::string column;
  std::string text;  // Type, name, condition, expression or comment.
  std::vector<std::string> names;
  std::optional<std::string> comment;
  std::optional<std::string> after;
  bool first = false;
  bool if_exists = false;
  bool none = false;
  std::string output = "table";
};

using Arguments = std::shared_ptr<AlterArguments>;
using Change = std::function<Result<delta::Operation>(
    const AlterArguments& arguments, delta::Transaction& transaction, const CancelToken& token)>;

Status RunAlter(const AlterArguments& arguments, const Change& change, const CancelToken& token) {
  ARROW_RETURN_NOT_OK(ParseOutputFormat(arguments.output).status());
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(arguments.table));
  std::string name;
  delta::CommitOutcome committed;
  {
    const Progress progress(-1, true);
    const auto named = [&](delta::Transaction& transaction) -> Result<delta::Operation> {
      ARROW_ASSIGN_OR_RAISE(auto operation, change(arguments, transaction, token));
      name = operation.name;
      return operation;
    };
    ARROW_ASSIGN_OR_RAISE(committed, delta::ChangeTable(location, named, token));
  }
  return OutcomeRow()
      .Add("version", committed.version)
      .Add("operation", name)
      .Print(arguments.output, token);
}

// One subcommand; its arguments are added by the caller.
CLI::App* AddChange(CLI::App& alter, Action& action, const Arguments& arguments,
                    const std::string& name, const std::string& description,
                    const std::string& example, Change change) {
  CLI::App* command = alter.add_subcommand(name, description);
  command->add_option("--output", arguments->output, "table (default), json, csv or arrow");
  command->footer(fmt::format("Example:\n  deltaport alter ./lake/flights {} {}\n", name, example));
  command->callback([arguments, change = std::move(change), &action] {
    action = [arguments, change](const CancelToken& token) {
      return RunAlter(*arguments, change, token);
    };
  });
  return command;
}

Result<std::vector<delta::ColumnPath>> Paths(const std::vector<std::string>& texts) {
  std::vector<delta::ColumnPath> paths;
  for (const auto& text : texts) {
    ARROW_ASSIGN_OR_RAISE(paths.emplace_back(), lake::ParseColumnPath(text));
  }
  return paths;
}

constexpr char kColumnHelp[] = "Name, or STRUCT.FIELD";

void AddColumnChanges(CLI::App& alter, Action& action, const Arguments& arguments) {
  CLI::App* add =
      AddChange(alter, action, arguments, "add-column",
                "Add a column; rows that are there have null in it", "note STRING --after carrier",
                [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
                  ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
                  const auto after = given.first ? std::optional<std::string>("") : given.after;
                  return lake::AddColumn(transaction, path, given.text, given.comment, after);
                });
  add->add_option("NAME", arguments->column, kColumnHelp)->required();
  add->add_option("TYPE", arguments->text, "Type in SQL, as INT, DECIMAL(10,2), ARRAY<STRING>")
      ->required();
  auto* after = add->add_option("--after", arguments->after, "Put it behind this column");
  add->add_flag("--first", arguments->first, "Put it before all columns")->excludes(after);
  add->add_option("--comment", arguments->comment, "What the column means");

  CLI::App* rename = AddChange(
      alter, action, arguments, "rename-column",
      "Rename a column; needs column mapping (set-property delta.columnMapping.mode=name)",
      "dep_delay delay",
      [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
        ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
        return delta::RenameColumn(transaction, path, given.text);
      });
  rename->add_option("NAME", arguments->column, kColumnHelp)->required();
  rename->add_option("NEW_NAME", arguments->text, "The name alone, without that of a struct")
      ->required();

  CLI::App* drop = AddChange(
      alter, action, arguments, "drop-column",
      "Drop columns; needs column mapping (set-property delta.columnMapping.mode=name)", "note",
      [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
        ARROW_ASSIGN_OR_RAISE(const auto paths, Paths(given.names));
        return delta::DropColumns(transaction, paths);
      });
  drop->add_option("NAME", arguments->names, kColumnHelp)->required();

  CLI::App* change = AddChange(
      alter, action, arguments, "change-type",
      "Widen a column's type; needs set-property delta.enableTypeWidening=true", "year BIGINT",
      [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
        ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
        return lake::ChangeColumnType(transaction, path, given.text);
      });
  change
      ->add_option(
          "NAME", arguments->column,
          "Name, or STRUCT.FIELD; ARRAY.element, MAP.key and MAP.value are inside of those")
      ->required();
  change->add_option("TYPE", arguments->text, "A wider type, in SQL")->required();
}

void AddValueChanges(CLI::App& alter, Action& action, const Arguments& arguments) {
  AddChange(
      alter, action, arguments, "set-not-null",
      "Refuse nulls in a column; the rows that are there are checked first", "carrier",
      [](const auto& given, auto& transaction, const auto& token) -> Result<delta::Operation> {
        ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
        ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
        return lake::SetNotNull(*engine, transaction, path, token);
      })
      ->add_option("NAME", arguments->column, kColumnHelp)
      ->required();

  AddChange(alter, action, arguments, "drop-not-null", "Allow nulls in a column", "carrier",
            [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
              ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
              return delta::DropNotNull(transaction, path);
            })
      ->add_option("NAME", arguments->column, kColumnHelp)
      ->required();

  CLI::App* set = AddChange(
      alter, action, arguments, "set-default", "Set the value of a column that new rows leave out",
      "delay 0", [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
        ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
        return lake::SetColumnDefault(transaction, path, given.text);
      });
  set->add_option("NAME", arguments->column, "Column")->required();
  set->add_option("EXPRESSION", arguments->text, "In Spark SQL, over no columns")->required();

  AddChange(alter, action, arguments, "drop-default", "Take a column's default away", "delay",
            [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
              ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
              return delta::SetColumnDefault(transaction, path, std::nullopt);
            })
      ->add_option("NAME", arguments->column, "Column")
      ->required();

  CLI::App* comment =
      AddChange(alter, action, arguments, "set-comment", "Say what the table, or a column, means",
                "\"minutes, negative if early\" --column delay",
                [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
                  const auto text = given.text.empty() ? std::nullopt : std::optional(given.text);
                  if (given.column.empty()) return delta::SetTableComment(transaction, text);
                  ARROW_ASSIGN_OR_RAISE(const auto path, lake::ParseColumnPath(given.column));
                  return delta::SetColumnComment(transaction, path, text);
                });
  comment->add_option("TEXT", arguments->text, "The comment; \"\" takes it away")->required();
  comment->add_option("--column", arguments->column, kColumnHelp);
}

void AddPropertyChanges(CLI::App& alter, Action& action, const Arguments& arguments) {
  AddChange(alter, action, arguments, "set-property",
            "Set table properties; features that they need are turned on",
            "delta.enableDeletionVectors=true delta.enableChangeDataFeed=true",
            [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
              ARROW_ASSIGN_OR_RAISE(const auto properties, ParsePairs(given.names, "the property"));
              return delta::SetProperties(transaction, properties);
            })
      ->add_option("NAME=VALUE", arguments->names, "Properties")
      ->required();

  CLI::App* unset =
      AddChange(alter, action, arguments, "unset-property", "Take table properties away",
                "delta.checkpointInterval",
                [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
                  return delta::UnsetProperties(transaction, given.names, given.if_exists);
                });
  unset->add_option("NAME", arguments->names, "Properties")->required();
  unset->add_flag("--if-exists", arguments->if_exists, "Pass over those that are not set");

  CLI::App* add = AddChange(
      alter, action, arguments, "add-constraint",
      "Add a condition that every row must keep; the rows that are there are checked first",
      "in_year \"month between 1 and 12\"",
      [](const auto& given, auto& transaction, const auto& token) -> Result<delta::Operation> {
        ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
        return lake::AddConstraint(*engine, transaction, given.column, given.text, token);
      });
  add->add_option("NAME", arguments->column, "Name of the constraint")->required();
  add->add_option("CONDITION", arguments->text, "In Spark SQL")->required();

  CLI::App* drop =
      AddChange(alter, action, arguments, "drop-constraint", "Take a constraint away", "in_year",
                [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
                  return delta::DropConstraint(transaction, given.column, given.if_exists);
                });
  drop->add_option("NAME", arguments->column, "Name of the constraint")->required();
  drop->add_flag("--if-exists", arguments->if_exists, "Do not mind if there is none");

  CLI::App* cluster = AddChange(
      alter, action, arguments, "cluster-by",
      "Choose the columns by which optimize orders rows; none are moved yet", "origin dep_time",
      [](const auto& given, auto& transaction, const auto&) -> Result<delta::Operation> {
        if (given.none == !given.names.empty()) {
          return Error(ErrorCode::kInvalidArgument, "name the columns to cluster by, or --none");
        }
        ARROW_ASSIGN_OR_RAISE(const auto paths, Paths(given.names));
        return delta::SetClusteringColumns(transaction, paths);
      });
  cluster->add_option("NAME", arguments->names, kColumnHelp);
  cluster->add_flag("--none", arguments->none, "Cluster no longer");
}

}  // namespace

void AddAlterCommand(CLI::App& app, Action& action) {
  const auto arguments = std::make_shared<AlterArguments>();
  CLI::App* alter = app.add_subcommand(
      "alter", "Change the columns, properties and constraints of a Delta table");
  alter->add_option("TABLE", arguments->table, "Folder of a Delta table")->required();
  alter->require_subcommand(1);
  alter->footer(
      "Examples:\n"
      "  deltaport alter ./lake/flights add-column note STRING\n"
      "  deltaport alter ./lake/flights set-property delta.enableDeletionVectors=true\n"
      "  deltaport alter ./lake/flights add-constraint in_year \"month between 1 and 12\"\n");
  AddColumnChanges(*alter, action, arguments);
  AddValueChanges(*alter, action, arguments);
  AddPropertyChanges(*alter, action, arguments);
}

}  // namespace deltaport::cli
