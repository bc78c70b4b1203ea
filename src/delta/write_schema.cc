#include "delta/write_schema.h"

#include <algorithm>
#include <set>

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>

#include "base/letter_case.h"
#include "columnar/delta_schema.h"
#include "delta/type_change.h"

namespace deltaport::delta {
namespace {

std::shared_ptr<arrow::DataType> Nullable(const std::shared_ptr<arrow::DataType>& type);

std::shared_ptr<arrow::Field> Nullable(const arrow::Field& field) {
  return arrow::field(field.name(), Nullable(field.type()), true);
}

std::shared_ptr<arrow::DataType> Nullable(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::LIST:
      return arrow::list(Nullable(*type->field(0)));
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return arrow::map(Nullable(map.key_type()), Nullable(*map.item_field()));
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(Nullable(*field));
      return arrow::struct_(fields);
    }
    default:
      return type;
  }
}

// The type's Delta name, or why it has none.
std::string NameOrReason(const arrow::DataType& type) {
  const auto canonical = columnar::DeltaTypeOf(type);
  return canonical.ok() ? columnar::DeltaTypeName(**canonical) : type.ToString();
}

bool FitsCanonical(const arrow::DataType& table, const arrow::DataType& rows, bool fill_missing) {
  if (table.id() != rows.id() || !arrow::is_nested(table.id())) return IsTypeWidening(rows, table);
  if (table.id() == arrow::Type::LIST) {
    return FitsCanonical(*table.field(0)->type(), *rows.field(0)->type(), fill_missing);
  }
  if (table.id() == arrow::Type::MAP) {
    const auto& wanted = static_cast<const arrow::MapType&>(table);
    const auto& given = static_cast<const arrow::MapType&>(rows);
    return FitsCanonical(*wanted.key_type(), *given.key_type(), fill_missing) &&
           FitsCanonical(*wanted.item_type(), *given.item_type(), fill_missing);
  }
  const auto& members = static_cast<const arrow::StructType&>(table);
  const auto& given = static_cast<const arrow::StructType&>(rows);
  for (const auto& field : members.fields()) {
    const auto found = given.GetFieldByName(field->name());
    if (found == nullptr ? !fill_missing || !field->nullable()
                         : !FitsCanonical(*field->type(), *found->type(), fill_missing)) {
      return false;
    }
  }
  return std::all_of(given.fields().begin(), given.fields().end(),
                     [&](const auto& field) { return members.GetFieldIndex(field->name()) >= 0; });
}

// Whether every value of the rows' type is one of the table's.
bool Fits(const arrow::DataType& table, const arrow::DataType& rows, bool fill_missing) {
  const auto canonical = columnar::DeltaTypeOf(rows);
  return canonical.ok() && FitsCanonical(table, **canonical, fill_missing);
}

Status NullIn(std::string_view column) {
  return Error(ErrorCode::kInvalidArgument, "column '{}' is NOT NULL, but a row has a null there",
               column);
}

// Checks the values below `field`, whose own nulls were checked.
Status CheckNested(const arrow::Array& array, const arrow::DataType& type,
                   const std::string& column) {
  if (type.id() == arrow::Type::STRUCT) {
    ARROW_ASSIGN_OR_RAISE(const auto children,
                          static_cast<const arrow::StructArray&>(array).Flatten());
    for (int i = 0; i < type.num_fields(); ++i) {
      const arrow::Field& field = *type.field(i);
      const std::string name = fmt::format("{}.{}", column, field.name());
      const auto& child = *children[static_cast<size_t>(i)];
      // A null that comes from the struct itself is no null of the field.
      if (!field.nullable() && child.null_count() > array.null_count()) return NullIn(name);
      ARROW_RETURN_NOT_OK(CheckNested(child, *field.type(), name));
    }
  } else if (type.id() == arrow::Type::LIST || type.id() == arrow::Type::MAP) {
    const bool map = type.id() == arrow::Type::MAP;
    const auto& list = static_cast<const arrow::ListArray&>(array);
    const std::string name = fmt::format("{}.{}", column, map ? "value" : "element");
    ARROW_ASSIGN_OR_RAISE(auto values, list.Flatten());
    if (map) values = static_cast<const arrow::StructArray&>(*values).field(1);
    const arrow::Field& field =
        map ? *static_cast<const arrow::MapType&>(type).item_field() : *type.field(0);
    if (!field.nullable() && values->null_count() > 0) return NullIn(name);
    return CheckNested(*values, *field.type(), name);
  }
  return Status::OK();
}

}  // namespace

Status CheckWriteSchema(const arrow::Schema& table, const arrow::Schema& rows, bool fill_missing) {
  std::vector<std::string> differences;
  for (const auto& field : table.fields()) {
    const auto indices = rows.GetAllFieldIndices(field->name());
    if (indices.empty()) {
      if (fill_missing) continue;
      differences.push_back(fmt::format("missing column '{}' ({})", field->name(),
                                        columnar::DeltaTypeName(*field->type())));
    } else if (indices.size() > 1) {
      differences.push_back(fmt::format("column '{}' stands twice", field->name()));
    } else {
      const auto& type = rows.field(indices.front())->type();
      if (!Fits(*field->type(), *type, fill_missing)) {
        differences.push_back(fmt::format("changed column '{}' ({}, the table has {})",
                                          field->name(), NameOrReason(*type),
                                          columnar::DeltaTypeName(*field->type())));
      }
    }
  }
  bool added = false;
  for (const auto& field : rows.fields()) {
    if (table.GetFieldIndex(field->name()) < 0) {
      added = true;
      differences.push_back(
          fmt::format("added column '{}' ({})", field->name(), NameOrReason(*field->type())));
    }
  }
  if (differences.empty()) return Status::OK();
  return Error(ErrorCode::kInvalidArgument, "the rows do not fit the table: {}{}",
               fmt::join(differences, "; "),
               added ? "; --merge-schema of append and overwrite adds columns to the table" : "");
}

Status CheckNewTable(const arrow::Schema& schema, const std::vector<std::string>& partition_columns,
                     bool mapped) {
  if (schema.num_fields() == 0) {
    return Error(ErrorCode::kInvalidArgument, "a table needs at least one column");
  }
  std::set<std::string> names;
  for (const auto& field : schema.fields()) {
    const std::string& name = field->name();
    const bool special = name.find_first_of(" ,;{}()\n\t=") != std::string::npos;
    if (name.empty() || (special && !mapped)) {
      return Error(ErrorCode::kInvalidArgument,
                   "the column name '{}' is empty or has one of the characters ' ,;{{}}()=', a tab "
                   "or a line end; rename it, or set delta.columnMapping.mode to 'name'",
                   name);
    }
    if (!names.insert(LowerCase(name)).second) {
      return Error(ErrorCode::kInvalidArgument,
                   "the column name '{}' stands twice (upper and lower case are the same)", name);
    }
    if (field->type()->id() == arrow::Type::NA) {
      return Error(ErrorCode::kInvalidArgument,
                   "column '{}' has only nulls and no type; cast it to one", name);
    }
  }
  std::set<std::string> partitions;
  for (const auto& name : partition_columns) {
    const int column = schema.GetFieldIndex(name);
    if (column < 0 || !partitions.insert(name).second ||
        arrow::is_nested(schema.field(column)->type()->id())) {
      return Error(ErrorCode::kInvalidArgument,
                   "the partition column '{}' is not a column, stands twice or is nested", name);
    }
  }
  if (partition_columns.size() == static_cast<size_t>(schema.num_fields())) {
    return Error(ErrorCode::kInvalidArgument,
                 "every column is a partition column; leave at least one for the files");
  }
  return Status::OK();
}

Result<RowConverter> RowConverter::Make(std::shared_ptr<arrow::Schema> table,
                                        const arrow::Schema& rows, bool fill_missing) {
  ARROW_RETURN_NOT_OK(CheckWriteSchema(*table, rows, fill_missing));
  RowConverter converter;
  arrow::FieldVector fields;
  for (const auto& field : table->fields()) {
    if (field->type()->id() == arrow::Type::NA) {
      return Error(ErrorCode::kUnsupportedFeature,
                   "column '{}' has the type void; tables with such columns cannot be written",
                   field->name());
    }
    converter.columns_.push_back(rows.GetFieldIndex(field->name()));
    fields.push_back(Nullable(*field));
  }
  converter.file_schema_ = arrow::schema(std::move(fields));
  converter.table_ = std::move(table);
  return converter;
}

Result<std::shared_ptr<arrow::RecordBatch>> RowConverter::Convert(
    const arrow::RecordBatch& batch) const {
  arrow::ArrayVector columns;
  for (int i = 0; i < table_->num_fields(); ++i) {
    const arrow::Field& field = *table_->field(i);
    const auto& type = file_schema_->field(i)->type();
    const int index = columns_[static_cast<size_t>(i)];
    std::shared_ptr<arrow::Array> column;
    if (index >= 0) {
      column = batch.column(index);
    } else {
      ARROW_ASSIGN_OR_RAISE(column, arrow::MakeArrayOfNull(type, batch.num_rows()));
    }
    if (!column->type()->Equals(*type)) {
      auto converted = arrow::compute::Cast(*column, type, arrow::compute::CastOptions::Safe());
      if (!converted.ok()) {
        return Error(ErrorCode::kInvalidArgument, "column '{}': a value does not fit {}: {}",
                     field.name(), columnar::DeltaTypeName(*field.type()),
                     converted.status().message());
      }
      column = converted.MoveValueUnsafe();
    }
    if (!field.nullable() && column->null_count() > 0) return NullIn(field.name());
    ARROW_RETURN_NOT_OK(CheckNested(*column, *field.type(), field.name()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(file_schema_, batch.num_rows(), std::move(columns));
}

}  // namespace deltaport::delta
