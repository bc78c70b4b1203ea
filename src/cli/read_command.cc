// deltaport read: the rows of any table, printed or exported.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/number_check.h"
#include "cli/result_writer.h"
#include "cli/table_selection.h"
#include "engine/query_binding.h"
#include "engine/query_engine.h"

namespace deltaport::cli {
namespace {

struct ReadOptions {
  TableSelection table;
  std::vector<std::string> columns;
  std::optional<uint64_t> limit;
  std::string output = "table";
  std::string file;
};

int64_t ExpectedRows(const engine::TableSource& table) {
  if (const auto* snapshot = std::get_if<std::shared_ptr<const delta::Snapshot>>(&table.files)) {
    return (*snapshot)->RowCount().value_or(-1);
  }
  return std::get<engine::ParquetFiles>(table.files).row_count.value_or(-1);
}

Status RunRead(const ReadOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(options.output));
  if (!options.file.empty()) ARROW_RETURN_NOT_OK(OutputFormatOfFile(options.file).status());
  ARROW_ASSIGN_OR_RAISE(const auto table, options.table.Open());
  engine::StructuredQuery query;
  query.columns = options.columns;
  query.limit = options.limit;
  ARROW_ASSIGN_OR_RAISE(const auto bound, engine::Bind(query, *table->schema()));
  ARROW_ASSIGN_OR_RAISE(const auto engine, engine::MakeDuckDbEngine({}));
  ARROW_ASSIGN_OR_RAISE(const auto reader, engine->Execute(table, bound, token));
  int64_t rows = ExpectedRows(*table);
  if (options.limit && rows >= 0)
    rows = std::min<int64_t>(rows, static_cast<int64_t>(*options.limit));
  if (!options.file.empty()) return WriteResultFile(*reader, options.file, token, rows);
  return PrintResult(*reader, format, token, rows);
}

}  // namespace

void AddReadCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReadOptions>();
  CLI::App* command = app.add_subcommand("read", "Print or export the rows of a table");
  options->table.AddTo(*command);
  command->add_option("--columns", options->columns, "Only these, in this order")->delimiter(',');
  command->add_option("--limit", options->limit, "At most this many rows")->check(NotNegative());
  command->add_option("--output", options->output, "table (default), json, csv or arrow");
  command->add_option("--out", options->file, "Write to FILE.parquet, .arrow, .csv or .json");
  command->footer(
      "Examples:\n"
      "  deltaport read ./lake/flights --limit 10\n"
      "  deltaport read ./lake/flights --version 3 --out flights.parquet\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunRead(*options, token); };
  });
}

}  // namespace deltaport::cli
