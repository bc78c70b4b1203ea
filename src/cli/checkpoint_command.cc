// deltaport checkpoint: writes a checkpoint of the latest version of a Delta table.

#include <memory>

#include <CLI/CLI.hpp>
#include <arrow/builder.h>

#include "cli/command.h"
#include "cli/result_writer.h"
#include "delta/log_upkeep.h"

namespace deltaport::cli {
namespace {

struct CheckpointCommandOptions {
  std::string path;
  std::string output = "table";
};

Result<std::shared_ptr<arrow::RecordBatch>> ToBatch(const delta::CheckpointOutcome& outcome) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, int64_t>>{{"version", outcome.version},
                                                              {"actions", outcome.actions},
                                                              {"files", outcome.add_files},
                                                              {"sidecars", outcome.sidecars},
                                                              {"size_bytes", outcome.size_bytes}}) {
    arrow::Int64Builder builder;
    ARROW_RETURN_NOT_OK(builder.Append(value));
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), builder.Finish());
    fields.push_back(arrow::field(name, arrow::int64()));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 1, std::move(arrays));
}

Status RunCheckpoint(const CheckpointCommandOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(options.output));
  ARROW_ASSIGN_OR_RAISE(const auto location, storage::ParseLocation(options.path));
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, delta::Snapshot::Open(location));
  ARROW_ASSIGN_OR_RAISE(const auto outcome, delta::WriteCheckpoint(*snapshot));
  ARROW_ASSIGN_OR_RAISE(const auto batch, ToBatch(outcome));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make({batch}));
  return PrintResult(*reader, format, token);
}

}  // namespace

void AddCheckpointCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<CheckpointCommandOptions>();
  CLI::App* command =
      app.add_subcommand("checkpoint", "Write a checkpoint of the latest version of a Delta table");
  command->add_option("TABLE", options->path, "Folder of a Delta table")->required();
  command->add_option("--output", options->output, "table (default), json, csv or arrow");
  command->footer(
      "Writers make checkpoints by themselves, every delta.checkpointInterval commits.\n"
      "Example:\n  deltaport checkpoint ./lake/flights\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunCheckpoint(*options, token); };
  });
}

}  // namespace deltaport::cli
