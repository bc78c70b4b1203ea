#include "engine/duckdb/table_column.h"

#include <charconv>

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "delta/column_mapping.h"
#include "engine/duckdb/type_mapping.h"
#include "engine/scan_type.h"

namespace deltaport::engine {
namespace {

using delta::ColumnMappingMode;

Result<int32_t> MappedId(const arrow::Field& field) {
  const auto text = field.metadata()->Get(columnar::kColumnIdKey).ValueOr("");
  int32_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return id;
  return Error(ErrorCode::kCorruptTable, "column '{}' has the {} '{}', which is no number",
               field.name(), columnar::kColumnIdKey, text);
}

// Elements, keys and values are found by their place.
Result<TableColumn> Inner(const arrow::Field& field, std::string name, ColumnMappingMode mapping);

Status AddChildren(const arrow::DataType& type, ColumnMappingMode mapping, TableColumn& column) {
  switch (type.id()) {
    case arrow::Type::STRUCT:
      for (const auto& field : type.fields()) {
        ARROW_ASSIGN_OR_RAISE(column.children.emplace_back(), TableColumn::Make(*field, mapping));
      }
      return Status::OK();
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      ARROW_ASSIGN_OR_RAISE(column.children.emplace_back(),
                            Inner(*map.key_field(), "key", mapping));
      ARROW_ASSIGN_OR_RAISE(column.children.emplace_back(),
                            Inner(*map.item_field(), "value", mapping));
      return Status::OK();
    }
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: {
      ARROW_ASSIGN_OR_RAISE(column.children.emplace_back(), Inner(*type.field(0), "list", mapping));
      return Status::OK();
    }
    default:
      return Status::OK();
  }
}

Result<TableColumn> Unmapped(const arrow::Field& field, ColumnMappingMode mapping) {
  TableColumn column;
  column.name = field.name();
  column.physical_name = field.name();
  ARROW_ASSIGN_OR_RAISE(const auto scan_type, ScanType(*field.type()));
  ARROW_ASSIGN_OR_RAISE(column.type, ToLogicalType(*scan_type));
  column.stored = field.type()->id() != arrow::Type::NA;
  column.variant = columnar::IsVariant(field);
  ARROW_RETURN_NOT_OK(AddChildren(*field.type(), mapping, column));
  return column;
}

Result<TableColumn> Inner(const arrow::Field& field, std::string name, ColumnMappingMode mapping) {
  ARROW_ASSIGN_OR_RAISE(auto column, Unmapped(field, mapping));
  column.name = name;
  column.physical_name = std::move(name);
  return column;
}

}  // namespace

delta::ColumnMappingMode ColumnMappingOf(const delta::Metadata& metadata) {
  const auto mode = metadata.configuration.find("delta.columnMapping.mode");
  if (mode == metadata.configuration.end() || mode->second == "none")
    return ColumnMappingMode::kNone;
  return mode->second == "id" ? ColumnMappingMode::kId : ColumnMappingMode::kName;
}

Result<TableColumn> TableColumn::Make(const arrow::Field& field, ColumnMappingMode mapping) {
  ARROW_ASSIGN_OR_RAISE(auto column, Unmapped(field, mapping));
  if (mapping == ColumnMappingMode::kNone) return column;
  ARROW_ASSIGN_OR_RAISE(column.physical_name, delta::PhysicalNameOf(field, mapping));
  if (mapping == ColumnMappingMode::kId) {
    ARROW_ASSIGN_OR_RAISE(column.id, MappedId(field));
  }
  return column;
}

}  // namespace deltaport::engine
