#include "delta/data_file_layout.h"

#include <algorithm>

#include <arrow/record_batch.h>

#include "columnar/delta_schema.h"
#include "delta/clustering.h"
#include "delta/column_mapping.h"

namespace deltaport::delta {

Result<DataFileTarget> DataFileTarget::Make(const storage::Location& location,
                                            const Metadata& metadata,
                                            const std::map<std::string, DomainMetadata>& domains) {
  DataFileTarget target;
  target.location = location;
  ARROW_ASSIGN_OR_RAISE(target.schema, columnar::SchemaFromDeltaJson(metadata.schema_string));
  target.partition_columns = metadata.partition_columns;
  ARROW_ASSIGN_OR_RAISE(target.properties, TableProperties::Of(metadata));
  ARROW_ASSIGN_OR_RAISE(
      target.clustering_columns,
      ClusteringColumns(domains, *target.schema, target.properties.column_mapping_mode));
  return target;
}

Result<DataFileLayout> DataFileLayout::Make(const DataFileTarget& target, const arrow::Schema& rows,
                                            const arrow::FieldVector& extra, bool fill_missing) {
  DataFileLayout layout;
  arrow::FieldVector wanted = target.schema->fields();
  wanted.insert(wanted.end(), extra.begin(), extra.end());
  ARROW_ASSIGN_OR_RAISE(layout.converter_,
                        RowConverter::Make(arrow::schema(wanted), rows, fill_missing));
  const ColumnMappingMode mode = target.properties.column_mapping_mode;
  ARROW_ASSIGN_OR_RAISE(const auto physical, PhysicalSchema(*target.schema, mode));
  const auto& partitions = target.partition_columns;
  arrow::FieldVector logical_fields;
  arrow::FieldVector file_fields;
  for (int i = 0; i < target.schema->num_fields(); ++i) {
    const auto& field = target.schema->field(i);
    if (std::find(partitions.begin(), partitions.end(), field->name()) != partitions.end()) {
      continue;
    }
    layout.data_columns_.push_back(i);
    logical_fields.push_back(field);
    file_fields.push_back(physical->field(i));
  }
  ARROW_ASSIGN_OR_RAISE(layout.statistics_leaves_,
                        StatisticsLeaves(*arrow::schema(logical_fields), target.properties,
                                         target.clustering_columns));
  for (size_t i = 0; i < extra.size(); ++i) {
    layout.data_columns_.push_back(target.schema->num_fields() + static_cast<int>(i));
    file_fields.push_back(extra[i]->WithNullable(true));
  }
  layout.schema_ = arrow::schema(std::move(file_fields));
  for (const auto& name : partitions) {
    const int index = target.schema->GetFieldIndex(name);
    layout.partition_columns_.push_back({index, name, physical->field(index)->name()});
  }
  layout.renames_ = mode != ColumnMappingMode::kNone;
  return layout;
}

std::shared_ptr<arrow::RecordBatch> DataFileLayout::FileRows(
    const arrow::RecordBatch& converted) const {
  arrow::ArrayVector columns;
  for (size_t i = 0; i < data_columns_.size(); ++i) {
    auto column = converted.column(data_columns_[i]);
    const auto& type = schema_->field(static_cast<int>(i))->type();
    columns.push_back(renames_ && arrow::is_nested(type->id()) ? Renamed(*column, type) : column);
  }
  return arrow::RecordBatch::Make(schema_, converted.num_rows(), std::move(columns));
}

}  // namespace deltaport::delta
