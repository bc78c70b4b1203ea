#include "lake/upkeep/order_column.h"

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>

#include "columnar/delta_schema.h"
#include "engine/query_sql.h"

namespace deltaport::lake {
namespace {

Status Unknown(std::string_view name) {
  return Error(ErrorCode::kInvalidArgument, "the table has no column '{}'", name);
}

struct FoundColumn {
  std::shared_ptr<arrow::Field> field;
  OrderColumn column;
};

// What `name` leads to. A column of exactly that name goes before a field of a struct.
Result<FoundColumn> Find(const delta::Snapshot& snapshot, std::string_view name) {
  const auto& schema = *snapshot.schema();
  const size_t point = name.find('.');
  int column = schema.GetFieldIndex(name);
  std::string_view rest;
  if (column < 0 && point != std::string_view::npos) {
    column = schema.GetFieldIndex(name.substr(0, point));
    rest = name.substr(point + 1);
  }
  if (column < 0) return Unknown(name);
  if (snapshot.IsPartitionColumn(column)) {
    return Error(ErrorCode::kInvalidArgument,
                 "the table is partitioned by the column '{}', so its files are apart already",
                 name);
  }
  FoundColumn found{schema.field(column), {}};
  found.column.path.push_back(column);
  found.column.sql = engine::QuoteIdentifier(found.field->name());
  while (!rest.empty()) {
    if (found.field->type()->id() != arrow::Type::STRUCT) return Unknown(name);
    const auto& fields = static_cast<const arrow::StructType&>(*found.field->type());
    const size_t end = rest.find('.');
    const int inner = fields.GetFieldIndex(std::string(rest.substr(0, end)));
    if (inner < 0) return Unknown(name);
    found.field = fields.field(inner);
    found.column.path.push_back(inner);
    found.column.sql = fmt::format("struct_extract({}, {})", found.column.sql,
                                   engine::QuoteString(found.field->name()));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return found;
}

// What values of a type are ordered as; null for a type without order.
std::shared_ptr<arrow::DataType> OrderedAs(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
      return arrow::int64();
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DECIMAL128:
      return arrow::float64();
    case arrow::Type::STRING:
      return arrow::utf8();
    case arrow::Type::BINARY:
      return arrow::binary();
    default:
      return nullptr;
  }
}

}  // namespace

Result<OrderColumn> FindOrderColumn(const delta::Snapshot& snapshot, std::string_view name) {
  ARROW_ASSIGN_OR_RAISE(auto found, Find(snapshot, name));
  if (OrderedAs(*found.field->type())) return std::move(found.column);
  return Error(ErrorCode::kInvalidArgument, "the column '{}' is of the type {}, which has no order",
               name, columnar::DeltaTypeName(*found.field->type()));
}

Result<std::shared_ptr<arrow::Array>> OrderValues(const std::shared_ptr<arrow::Array>& values) {
  const auto type = OrderedAs(*values->type());
  if (!type) {
    return Error(ErrorCode::kInternal, "values of the type {} have no order",
                 values->type()->ToString());
  }
  if (values->type_id() == arrow::Type::DATE32) {
    ARROW_ASSIGN_OR_RAISE(const auto days, arrow::compute::Cast(*values, arrow::int32()));
    return arrow::compute::Cast(*days, type);
  }
  return values->type()->Equals(*type) ? values : arrow::compute::Cast(*values, type);
}

Result<std::shared_ptr<arrow::Array>> OrderValues(const OrderColumn& column,
                                                  const arrow::RecordBatch& rows) {
  ARROW_ASSIGN_OR_RAISE(const auto values, arrow::FieldPath(column.path).GetFlattened(rows));
  return OrderValues(values);
}

}  // namespace deltaport::lake
