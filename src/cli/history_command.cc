// deltaport history: the commits of a Delta table, newest first.

#include <memory>

#include <CLI/CLI.hpp>
#include <arrow/builder.h>

#include "cli/command.h"
#include "cli/number_check.h"
#include "cli/result_writer.h"
#include "columnar/json_rows.h"
#include "delta/history.h"

namespace deltaport::cli {
namespace {

struct HistoryOptions {
  std::string path;
  size_t limit = 0;
  std::string output = "table";
};

// {"mode":"Append"}: the values are JSON already.
std::string JsonObject(const std::map<std::string, std::string>& members, bool values_are_json) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (text.size() > 1) text += ',';
    columnar::AppendJsonString(name, text);
    text += ':';
    if (values_are_json) {
      text += value;
    } else {
      columnar::AppendJsonString(value, text);
    }
  }
  return text + "}";
}

Status AppendOptional(arrow::StringBuilder& builder, const std::optional<std::string>& text) {
  return text ? builder.Append(*text) : builder.AppendNull();
}

Result<std::shared_ptr<arrow::RecordBatch>> ListCommits(
    const std::vector<delta::HistoryEntry>& history) {
  const auto timestamp_type = arrow::timestamp(arrow::TimeUnit::MILLI, "UTC");
  arrow::Int64Builder versions;
  arrow::TimestampBuilder timestamps(timestamp_type, arrow::default_memory_pool());
  arrow::StringBuilder operations, parameters, metrics, engines, users;
  for (const delta::HistoryEntry& entry : history) {
    ARROW_RETURN_NOT_OK(versions.Append(entry.version));
    ARROW_RETURN_NOT_OK(timestamps.Append(entry.timestamp_ms));
    ARROW_RETURN_NOT_OK(AppendOptional(operations, entry.operation));
    ARROW_RETURN_NOT_OK(parameters.Append(JsonObject(entry.parameters, true)));
    ARROW_RETURN_NOT_OK(metrics.Append(JsonObject(entry.metrics, false)));
    ARROW_RETURN_NOT_OK(AppendOptional(engines, entry.engine));
    ARROW_RETURN_NOT_OK(AppendOptional(users, entry.user));
  }
  arrow::ArrayVector arrays;
  for (arrow::ArrayBuilder* builder : std::initializer_list<arrow::ArrayBuilder*>{
           &versions, &timestamps, &operations, &parameters, &metrics, &engines, &users}) {
    ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
    arrays.push_back(std::move(array));
  }
  const auto schema = arrow::schema(
      {arrow::field("version", arrow::int64()), arrow::field("timestamp", timestamp_type),
       arrow::field("operation", arrow::utf8()), arrow::field("parameters", arrow::utf8()),
       arrow::field("metrics", arrow::utf8()), arrow::field("engine", arrow::utf8()),
       arrow::field("user", arrow::utf8())});
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(history.size()), arrays);
}

Status RunHistory(const HistoryOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(options.output));
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(options.path));
  ARROW_ASSIGN_OR_RAISE(const auto history, delta::ReadHistory(location, options.limit));
  ARROW_ASSIGN_OR_RAISE(const auto batch, ListCommits(history));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make({batch}));
  return PrintResult(*reader, format, token);
}

}  // namespace

void AddHistoryCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<HistoryOptions>();
  CLI::App* command = app.add_subcommand("history", "Show the commits of a Delta table");
  command->add_option("TABLE", options->path, "Folder of a Delta table")->required();
  command->add_option("--limit", options->limit, "Only this many, the newest; 0: all")
      ->check(NotNegative());
  command->add_option("--output", options->output, "table (default), json, csv or arrow");
  command->footer("Example:\n  deltaport history ./lake/flights --limit 5\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunHistory(*options, token); };
  });
}

}  // namespace deltaport::cli
