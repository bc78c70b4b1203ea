// deltaport ls: the datasets of a lake.

#include <memory>

#include <CLI/CLI.hpp>
#include <arrow/builder.h>

#include "cli/command.h"
#include "cli/lake_selection.h"
#include "cli/result_writer.h"

namespace deltaport::cli {
namespace {

struct LsOptions {
  LakeSelection lake;
  std::string output = "table";
};

Result<std::shared_ptr<arrow::RecordBatch>> ListDatasets(const lake::Catalogue& catalogue) {
  arrow::StringBuilder names, kinds, states, locations;
  arrow::Int64Builder versions, rows, columns;
  for (const auto& [name, dataset] : catalogue.datasets()) {
    ARROW_RETURN_NOT_OK(names.Append(name));
    ARROW_RETURN_NOT_OK(kinds.Append(lake::DatasetKindName(dataset->settings.kind)));
    ARROW_RETURN_NOT_OK(states.Append(lake::DatasetStateName(dataset->state)));
    ARROW_RETURN_NOT_OK(locations.Append(dataset->settings.location));
    const auto& generation = dataset->generation;
    const auto* snapshot =
        generation ? std::get_if<std::shared_ptr<const delta::Snapshot>>(&generation->table->files)
                   : nullptr;
    ARROW_RETURN_NOT_OK(snapshot ? versions.Append((*snapshot)->version()) : versions.AppendNull());
    ARROW_RETURN_NOT_OK(generation && generation->row_count ? rows.Append(*generation->row_count)
                                                            : rows.AppendNull());
    ARROW_RETURN_NOT_OK(generation ? columns.Append(generation->table->schema()->num_fields())
                                   : columns.AppendNull());
  }
  arrow::ArrayVector arrays;
  for (arrow::ArrayBuilder* builder : std::initializer_list<arrow::ArrayBuilder*>{
           &names, &kinds, &states, &versions, &rows, &columns, &locations}) {
    ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
    arrays.push_back(std::move(array));
  }
  const auto schema =
      arrow::schema({arrow::field("name", arrow::utf8()), arrow::field("kind", arrow::utf8()),
                     arrow::field("state", arrow::utf8()), arrow::field("version", arrow::int64()),
                     arrow::field("rows", arrow::int64()), arrow::field("columns", arrow::int64()),
                     arrow::field("location", arrow::utf8())});
  return arrow::RecordBatch::Make(schema, arrays[0]->length(), arrays);
}

Status RunLs(const LsOptions& options, const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(options.output));
  ARROW_ASSIGN_OR_RAISE(const auto lake, options.lake.Open(token));
  ARROW_ASSIGN_OR_RAISE(const auto batch, ListDatasets(*lake->Current()));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make({batch}));
  return PrintResult(*reader, format, token);
}

}  // namespace

void AddLsCommand(CLI::App& app, Action& action) {
  auto options = std::make_shared<LsOptions>();
  CLI::App* command = app.add_subcommand("ls", "List the datasets of a lake");
  command->add_option("FOLDER", options->lake.directories, "As --lake");
  options->lake.AddTo(*command);
  command->add_option("--output", options->output, "table (default), json, csv or arrow");
  command->footer("Example:\n  deltaport ls ./lake\n");
  command->callback([options, &action] {
    action = [options](const CancelToken& token) { return RunLs(*options, token); };
  });
}

}  // namespace deltaport::cli
