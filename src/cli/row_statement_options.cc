#include "cli/row_statement_options.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <arrow/builder.h>

#include "cli/result_writer.h"

namespace deltaport::cli {

void RowStatementFlags::AddTo(CLI::App& command) {
  command.add_option("TABLE", table, "Folder of a Delta table")->required();
  command
      .add_option("--method", method,
                  "How rows go: as the table says (default), with deletion vectors, or by copying "
                  "the files without them")
      ->check(CLI::IsMember({"table", "vectors", "copy"}));
  command.add_flag("--dry-run", dry_run, "Only tell what would change");
  once.AddTo(command);
  command.add_option("--output", output, "table (default), json, csv or arrow");
}

Result<lake::RowStatementOptions> RowStatementFlags::Options() const {
  ARROW_RETURN_NOT_OK(ParseOutputFormat(output));
  lake::RowStatementOptions options;
  options.changes.method = method == "vectors" ? lake::DeletionMethod::kDeletionVectors
                           : method == "copy"  ? lake::DeletionMethod::kCopyOnWrite
                                               : lake::DeletionMethod::kAsTable;
  options.changes.count_only = dry_run;
  ARROW_ASSIGN_OR_RAISE(options.transaction, once.Transaction());
  return options;
}

Status RowStatementFlags::Print(const lake::RowStatementOutcome& outcome,
                                const CancelToken& token) const {
  ARROW_ASSIGN_OR_RAISE(const OutputFormat format, ParseOutputFormat(output));
  const auto& counts = outcome.counts;
  if (outcome.already_done) {
    std::fprintf(stderr, "%s: it was done already as %s %lld, nothing was changed\n", table.c_str(),
                 once.application.c_str(), static_cast<long long>(once.version.value_or(0)));
  }
  arrow::FieldVector fields{arrow::field("version", arrow::int64())};
  arrow::Int64Builder version;
  ARROW_RETURN_NOT_OK(outcome.version ? version.Append(*outcome.version) : version.AppendNull());
  ARROW_ASSIGN_OR_RAISE(auto version_column, version.Finish());
  arrow::ArrayVector columns{std::move(version_column)};
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, int64_t>>{
           {"deleted_rows", counts.deleted_rows},
           {"updated_rows", counts.updated_rows},
           {"inserted_rows", counts.inserted_rows},
           {"copied_rows", counts.copied_rows},
           {"added_files", counts.added_files},
           {"removed_files", counts.removed_files},
           {"deletion_vectors", counts.vectors_added + counts.vectors_updated},
           {"change_files", counts.change_files}}) {
    arrow::Int64Builder builder;
    ARROW_RETURN_NOT_OK(builder.Append(value));
    ARROW_ASSIGN_OR_RAISE(auto column, builder.Finish());
    fields.push_back(arrow::field(name, arrow::int64(), false));
    columns.push_back(std::move(column));
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 1, columns);
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::RecordBatchReader::Make({batch}));
  return PrintResult(*reader, format, token);
}

}  // namespace deltaport::cli
