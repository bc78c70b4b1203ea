#include "delta/column_mapping.h"

#include <functional>
#include <optional>

#include <arrow/array/array_nested.h>
#include <arrow/array/util.h>
#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "storage/uuid.h"

namespace deltaport::delta {
namespace {

// Where Arrow's Parquet writer looks for the id of a column.
constexpr char kParquetFieldId[] = "PARQUET:field_id";

std::optional<std::string> Setting(const arrow::Field& field, const std::string& key) {
  if (!field.metadata()) return std::nullopt;
  const auto value = field.metadata()->Get(key);
  return value.ok() ? std::optional(*value) : std::nullopt;
}

Result<std::shared_ptr<arrow::DataType>> PhysicalType(const arrow::DataType& type,
                                                      ColumnMappingMode mode);

Result<std::shared_ptr<arrow::Field>> PhysicalField(const arrow::Field& field,
                                                    ColumnMappingMode mode) {
  ARROW_ASSIGN_OR_RAISE(std::string name, PhysicalNameOf(field, mode));
  ARROW_ASSIGN_OR_RAISE(auto type, PhysicalType(*field.type(), mode));
  std::shared_ptr<const arrow::KeyValueMetadata> metadata;
  if (mode != ColumnMappingMode::kNone) {
    const auto id = Setting(field, columnar::kColumnIdKey);
    if (!id) {
      return Error(ErrorCode::kCorruptTable, "column '{}' has no {}, but column mapping is on",
                   field.name(), columnar::kColumnIdKey);
    }
    metadata = arrow::key_value_metadata({kParquetFieldId}, {*id});
  }
  return arrow::field(std::move(name), std::move(type), true, std::move(metadata));
}

// Elements of lists and maps have no names or ids of their own.
Result<std::shared_ptr<arrow::Field>> PhysicalElement(const arrow::Field& field,
                                                      ColumnMappingMode mode) {
  ARROW_ASSIGN_OR_RAISE(auto type, PhysicalType(*field.type(), mode));
  return arrow::field(field.name(), std::move(type), true);
}

Result<std::shared_ptr<arrow::DataType>> PhysicalType(const arrow::DataType& type,
                                                      ColumnMappingMode mode) {
  switch (type.id()) {
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type.fields()) {
        ARROW_ASSIGN_OR_RAISE(auto physical, PhysicalField(*field, mode));
        fields.push_back(std::move(physical));
      }
      return arrow::struct_(fields);
    }
    case arrow::Type::LIST: {
      ARROW_ASSIGN_OR_RAISE(auto element, PhysicalElement(*type.field(0), mode));
      return arrow::list(std::move(element));
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      ARROW_ASSIGN_OR_RAISE(auto key, PhysicalType(*map.key_type(), mode));
      ARROW_ASSIGN_OR_RAISE(auto item, PhysicalElement(*map.item_field(), mode));
      return arrow::map(std::move(key), std::move(item));
    }
    default:
      return type.GetSharedPtr();
  }
}

std::shared_ptr<arrow::ArrayData> RenamedData(const arrow::ArrayData& data,
                                              const std::shared_ptr<arrow::DataType>& type) {
  auto renamed = data.Copy();
  renamed->type = type;
  for (size_t i = 0; i < data.child_data.size(); ++i) {
    renamed->child_data[i] =
        RenamedData(*data.child_data[i], type->field(static_cast<int>(i))->type());
  }
  return renamed;
}

using ChangeField = std::function<std::shared_ptr<arrow::Field>(const arrow::Field&)>;

// The type with `change` applied to the fields of the structs in it, the outermost ones first.
std::shared_ptr<arrow::DataType> WithFields(const std::shared_ptr<arrow::DataType>& type,
                                            const ChangeField& change) {
  switch (type->id()) {
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(change(*field));
      return arrow::struct_(fields);
    }
    case arrow::Type::LIST: {
      const auto& element = type->field(0);
      return arrow::list(element->WithType(WithFields(element->type(), change)));
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      auto key = WithFields(map.key_type(), change);
      auto item = map.item_field()->WithType(WithFields(map.item_type(), change));
      return arrow::map(std::move(key), std::move(item));
    }
    default:
      return type;
  }
}

}  // namespace

Result<std::string> PhysicalNameOf(const arrow::Field& field, ColumnMappingMode mode) {
  if (mode == ColumnMappingMode::kNone) return field.name();
  auto name = Setting(field, columnar::kPhysicalNameKey);
  if (!name) {
    return Error(ErrorCode::kCorruptTable, "column '{}' has no {}, but column mapping is on",
                 field.name(), columnar::kPhysicalNameKey);
  }
  return std::move(*name);
}

Result<std::shared_ptr<arrow::Schema>> PhysicalSchema(const arrow::Schema& schema,
                                                      ColumnMappingMode mode) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    ARROW_ASSIGN_OR_RAISE(auto physical, PhysicalField(*field, mode));
    fields.push_back(std::move(physical));
  }
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::Array> Renamed(const arrow::Array& values,
                                      const std::shared_ptr<arrow::DataType>& type) {
  return arrow::MakeArray(RenamedData(*values.data(), type));
}

std::shared_ptr<arrow::Field> WithColumnIds(const arrow::Field& field, PhysicalNames names,
                                            int64_t& max_id) {
  // The field's own id comes first, as other engines count.
  auto metadata =
      field.metadata() ? field.metadata()->Copy() : std::make_shared<arrow::KeyValueMetadata>();
  if (!metadata->Contains(columnar::kColumnIdKey)) {
    metadata->Append(columnar::kColumnIdKey, fmt::format("{}", ++max_id));
  }
  if (!metadata->Contains(columnar::kPhysicalNameKey)) {
    metadata->Append(columnar::kPhysicalNameKey, names == PhysicalNames::kAsTheColumn
                                                     ? field.name()
                                                     : "col-" + storage::RandomUuid());
  }
  auto type = WithFields(
      field.type(), [&](const arrow::Field& child) { return WithColumnIds(child, names, max_id); });
  return arrow::field(field.name(), std::move(type), field.nullable(), std::move(metadata));
}

std::shared_ptr<arrow::Field> WithoutColumnIds(const arrow::Field& field) {
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  if (field.metadata()) {
    for (int64_t i = 0; i < field.metadata()->size(); ++i) {
      const std::string& key = field.metadata()->key(i);
      if (!key.starts_with("delta.columnMapping."))
        metadata->Append(key, field.metadata()->value(i));
    }
  }
  auto type =
      WithFields(field.type(), [](const arrow::Field& child) { return WithoutColumnIds(child); });
  return arrow::field(field.name(), std::move(type), field.nullable(), std::move(metadata));
}

std::shared_ptr<arrow::Schema> WithColumnIds(const arrow::Schema& schema, PhysicalNames names,
                                             int64_t& max_id) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    fields.push_back(WithColumnIds(*field, names, max_id));
  }
  return arrow::schema(std::move(fields));
}

}  // namespace deltaport::delta
