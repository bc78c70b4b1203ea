#include "delta/new_table.h"

#include <chrono>

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "delta/clustering.h"
#include "delta/column_mapping.h"
#include "delta/row_tracking.h"
#include "delta/table_feature.h"
#include "delta/write_schema.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

// Ids and physical names that rows bring along belong to the table they were read from.
std::shared_ptr<arrow::Schema> Unmapped(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) fields.push_back(WithoutColumnIds(*field));
  return arrow::schema(std::move(fields));
}

Result<std::string> SchemaText(const arrow::Schema& canonical, const TableProperties& properties,
                               std::map<std::string, std::string>& configuration) {
  auto schema = Unmapped(canonical);
  if (properties.column_mapping_mode != ColumnMappingMode::kNone) {
    int64_t max_id = 0;
    schema = WithColumnIds(*schema, PhysicalNames::kUnique, max_id);
    configuration["delta.columnMapping.maxColumnId"] = fmt::format("{}", max_id);
  }
  return columnar::SchemaToDeltaJson(*schema);
}

}  // namespace

Result<Transaction> StartTable(const storage::Location& location, const arrow::Schema& schema,
                               const NewTable& table) {
  ARROW_ASSIGN_OR_RAISE(const auto canonical, columnar::DeltaSchemaOf(schema));
  ARROW_RETURN_NOT_OK(CheckProperties(table.configuration));
  Metadata metadata;
  metadata.id = storage::RandomUuid();
  metadata.name = table.name;
  metadata.description = table.description;
  metadata.partition_columns = table.partition_columns;
  metadata.configuration = table.configuration;
  metadata.created_time_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
  ARROW_ASSIGN_OR_RAISE(const auto properties, TableProperties::Of(metadata));
  const bool mapped = properties.column_mapping_mode != ColumnMappingMode::kNone;
  ARROW_RETURN_NOT_OK(CheckNewTable(*canonical, table.partition_columns, mapped));
  if (!table.clustering_columns.empty() && !table.partition_columns.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "a table is either partitioned or clustered; leave one of the two out");
  }
  ARROW_ASSIGN_OR_RAISE(metadata.schema_string,
                        SchemaText(*canonical, properties, metadata.configuration));
  if (properties.row_tracking) AddRowTrackingColumns(metadata.configuration);
  std::vector<std::string> features;
  if (!table.clustering_columns.empty()) features.emplace_back("clustering");
  ARROW_ASSIGN_OR_RAISE(Protocol protocol, ProtocolFor(*canonical, metadata, features));
  RemoveProtocolProperties(metadata.configuration);
  ARROW_ASSIGN_OR_RAISE(auto transaction,
                        Transaction::Create(location, std::move(protocol), metadata));
  if (!table.clustering_columns.empty()) {
    ARROW_ASSIGN_OR_RAISE(const auto stored, columnar::SchemaFromDeltaJson(metadata.schema_string));
    ARROW_ASSIGN_OR_RAISE(auto domain, ClusteringDomain(table.clustering_columns, *stored,
                                                        properties.column_mapping_mode));
    transaction.SetDomain(std::move(domain));
  }
  return transaction;
}

}  // namespace deltaport::delta
