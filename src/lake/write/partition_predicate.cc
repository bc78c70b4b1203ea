#include "lake/write/partition_predicate.h"

#include <algorithm>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include "delta/live_files.h"
#include "delta/partition_text.h"
#include "engine/query_sql.h"
#include "lake/write/change_query.h"

namespace deltaport::lake {

std::optional<PartitionPredicate> PartitionPredicate::Of(
    engine::QueryEngine& engine, std::shared_ptr<const delta::Snapshot> snapshot,
    const engine::Expression& predicate, std::string alias) {
  const auto& partitions = snapshot->partition_columns();
  for (const auto& column : predicate.columns()) {
    if (std::ranges::find(partitions, column) == partitions.end()) return std::nullopt;
  }
  return PartitionPredicate(engine, std::move(snapshot), predicate, std::move(alias));
}

PartitionPredicate::PartitionPredicate(engine::QueryEngine& engine,
                                       std::shared_ptr<const delta::Snapshot> snapshot,
                                       const engine::Expression& predicate, std::string alias)
    : engine_(&engine),
      snapshot_(std::move(snapshot)),
      predicate_(predicate),
      alias_(std::move(alias)) {
  for (const auto& column : predicate_.columns()) {
    columns_.push_back(snapshot_->schema()->GetFieldIndex(column));
  }
}

Result<std::vector<size_t>> PartitionPredicate::Files(const CancelToken& token) const {
  arrow::ArrayVector values;
  for (const int column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto array, snapshot_->PartitionValues(column));
    values.push_back(std::move(array));
  }
  return Matching(static_cast<int64_t>(snapshot_->files().size()), std::move(values), token);
}

Result<bool> PartitionPredicate::Accepts(const delta::AddFile& file) const {
  arrow::ArrayVector values;
  for (const int column : columns_) {
    const auto found = file.partition_values.find(snapshot_->PhysicalName(column));
    const auto& field = *snapshot_->schema()->field(column);
    ARROW_ASSIGN_OR_RAISE(auto builder, arrow::MakeBuilder(field.type()));
    const bool absent = found == file.partition_values.end() || !found->second;
    ARROW_RETURN_NOT_OK(delta::PartitionText(field).Append(
        absent ? std::string_view() : std::string_view(*found->second), *builder));
    ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
    values.push_back(std::move(array));
  }
  ARROW_ASSIGN_OR_RAISE(const auto files, Matching(1, std::move(values), CancelToken()));
  return !files.empty();
}

Result<std::vector<size_t>> PartitionPredicate::Matching(int64_t files, arrow::ArrayVector values,
                                                         const CancelToken& token) const {
  arrow::Int64Builder numbers;
  for (int64_t i = 0; i < files; ++i) ARROW_RETURN_NOT_OK(numbers.Append(i));
  arrow::FieldVector fields{arrow::field("file_index", arrow::int64())};
  for (const int column : columns_) {
    fields.push_back(snapshot_->schema()->field(column)->WithNullable(true));
  }
  ARROW_ASSIGN_OR_RAISE(auto number_array, numbers.Finish());
  values.insert(values.begin(), std::move(number_array));
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema(std::move(fields)), files, std::move(values));
  engine::InternalQuery query;
  const auto relation = engine::QuoteIdentifier(alias_);
  query.sql = fmt::format("SELECT {0}.file_index FROM {1} AS {0} WHERE ({2}) ORDER BY 1", relation,
                          kTargetInput, predicate_.sql());
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make({batch}));
  query.streams.emplace(kTargetInput, std::move(reader));
  ARROW_ASSIGN_OR_RAISE(const auto rows, engine_->ExecuteInternal(query, token));
  std::vector<size_t> matching;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto answer, rows->Next());
    if (!answer) return matching;
    const auto& column = static_cast<const arrow::Int64Array&>(*answer->column(0));
    for (int64_t i = 0; i < column.length(); ++i) {
      matching.push_back(static_cast<size_t>(column.Value(i)));
    }
  }
}

}  // namespace deltaport::lake
