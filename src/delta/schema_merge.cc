#include "delta/schema_merge.h"

#include "base/letter_case.h"
#include "columnar/delta_schema.h"
#include "delta/column_mapping.h"
#include "delta/schema_change.h"
#include "delta/schema_edit.h"
#include "delta/type_change.h"
#include "delta/write_schema.h"

namespace deltaport::delta {
namespace {

struct Differences {
  std::vector<NewColumn> added;
  std::vector<std::pair<ColumnPath, std::shared_ptr<arrow::DataType>>> widened;
};

void CollectFields(const arrow::FieldVector& table, const arrow::FieldVector& rows,
                   const ColumnPath& parent, Differences& differences);

void CollectType(const arrow::DataType& table, const std::shared_ptr<arrow::DataType>& rows,
                 const ColumnPath& path, Differences& differences) {
  const auto inside = [&](const char* part) {
    ColumnPath deeper = path;
    deeper.emplace_back(part);
    return deeper;
  };
  if (table.id() == arrow::Type::STRUCT && rows->id() == arrow::Type::STRUCT) {
    return CollectFields(table.fields(), rows->fields(), path, differences);
  }
  if (table.id() == arrow::Type::LIST && rows->id() == arrow::Type::LIST) {
    return CollectType(*table.field(0)->type(), rows->field(0)->type(), inside("element"),
                       differences);
  }
  if (table.id() == arrow::Type::MAP && rows->id() == arrow::Type::MAP) {
    const auto& from = static_cast<const arrow::MapType&>(table);
    const auto& to = static_cast<const arrow::MapType&>(*rows);
    CollectType(*from.key_type(), to.key_type(), inside("key"), differences);
    return CollectType(*from.item_type(), to.item_type(), inside("value"), differences);
  }
  if (!table.Equals(*rows) && IsTypeWidening(table, *rows)) {
    differences.widened.emplace_back(path, rows);
  }
}

void CollectFields(const arrow::FieldVector& table, const arrow::FieldVector& rows,
                   const ColumnPath& parent, Differences& differences) {
  for (const auto& field : rows) {
    const arrow::Field* known = nullptr;
    for (const auto& candidate : table) {
      if (EqualsIgnoringCase(candidate->name(), field->name())) known = candidate.get();
    }
    if (known == nullptr) {
      // Old rows have no value there.
      differences.added.push_back({parent, field->WithNullable(true), std::nullopt});
      continue;
    }
    ColumnPath path = parent;
    path.push_back(known->name());
    CollectType(*known->type(), field->type(), path, differences);
  }
}

}  // namespace

Status MergeSchema(Transaction& transaction, const arrow::Schema& rows) {
  ARROW_ASSIGN_OR_RAISE(const auto canonical, columnar::DeltaSchemaOf(rows));
  ARROW_ASSIGN_OR_RAISE(const auto table,
                        columnar::SchemaFromDeltaJson(transaction.metadata().schema_string));
  Differences differences;
  CollectFields(table->fields(), canonical->fields(), {}, differences);
  if (!differences.added.empty()) {
    ARROW_RETURN_NOT_OK(AddColumns(transaction, differences.added).status());
  }
  if (!transaction.properties().type_widening) return Status::OK();
  for (const auto& [path, type] : differences.widened) {
    ARROW_RETURN_NOT_OK(ChangeColumnType(transaction, path, *type).status());
  }
  return Status::OK();
}

Status ReplaceSchema(Transaction& transaction, const arrow::Schema& rows,
                     const std::optional<std::vector<std::string>>& partition_columns) {
  ARROW_ASSIGN_OR_RAISE(const auto canonical, columnar::DeltaSchemaOf(rows));
  ARROW_ASSIGN_OR_RAISE(const auto before,
                        columnar::SchemaFromDeltaJson(transaction.metadata().schema_string));
  Metadata metadata = transaction.metadata();
  const TableProperties& properties = transaction.properties();
  const bool mapped = properties.column_mapping_mode != ColumnMappingMode::kNone;
  if (partition_columns) metadata.partition_columns = *partition_columns;
  ARROW_RETURN_NOT_OK(CheckNewTable(*canonical, metadata.partition_columns, mapped));
  int64_t max_id = properties.column_mapping_max_id;
  arrow::FieldVector fields;
  for (const auto& field : canonical->fields()) {
    const auto known = before->GetFieldByName(field->name());
    if (known != nullptr && known->type()->Equals(field->type())) {
      fields.push_back(known);
      continue;
    }
    fields.push_back(WithoutColumnIds(*field));
    if (mapped) fields.back() = WithColumnIds(*fields.back(), PhysicalNames::kUnique, max_id);
  }
  if (mapped) metadata.configuration["delta.columnMapping.maxColumnId"] = fmt::format("{}", max_id);
  ARROW_ASSIGN_OR_RAISE(metadata.schema_string,
                        columnar::SchemaToDeltaJson(*arrow::schema(std::move(fields))));
  ARROW_RETURN_NOT_OK(transaction.SetMetadata(std::move(metadata)));
  // Columns that the table is clustered by must be among the new ones.
  const auto target = transaction.FileTarget();
  if (target.ok()) return Status::OK();
  return Error(ErrorCode::kConflict, "the new columns lack one that the table is clustered by: {}",
               target.status().message());
}

}  // namespace deltaport::delta
