#include "lake/upkeep/order_column.h"

#include <arrow/type.h>

#include "columnar/delta_schema.h"
#include "engine/query_sql.h"

namespace deltaport::lake {
namespace {

Status Unknown(std::string_view name) {
  return Error(ErrorCode::kInvalidArgument, "the table has no column '{}'", name);
}

// The field that `name` leads to, and the SQL that names it. A column of exactly that name goes
// before a field of a struct.
Result<std::pair<std::shared_ptr<arrow::Field>, std::string>> Find(const delta::Snapshot& snapshot,
                                                                   std::string_view name) {
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
  auto field = schema.field(column);
  std::string sql = engine::QuoteIdentifier(field->name());
  while (!rest.empty()) {
    if (field->type()->id() != arrow::Type::STRUCT) return Unknown(name);
    const auto& fields = static_cast<const arrow::StructType&>(*field->type());
    const size_t end = rest.find('.');
    const auto inner = fields.GetFieldByName(std::string(rest.substr(0, end)));
    if (inner == nullptr) return Unknown(name);
    field = inner;
    sql = fmt::format("struct_extract({}, {})", sql, engine::QuoteString(field->name()));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return std::pair(std::move(field), std::move(sql));
}

}  // namespace

Result<std::string> OrderColumnSql(const delta::Snapshot& snapshot, std::string_view name) {
  ARROW_ASSIGN_OR_RAISE(const auto found, Find(snapshot, name));
  const auto& [field, sql] = found;
  switch (field->type()->id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
      return fmt::format("CAST({} AS BIGINT)", sql);
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DECIMAL128:
      return fmt::format("CAST({} AS DOUBLE)", sql);
    case arrow::Type::DATE32:
      return fmt::format("CAST({} - DATE '1970-01-01' AS BIGINT)", sql);
    case arrow::Type::TIMESTAMP:
      return fmt::format("epoch_us({})", sql);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return sql;
    default:
      return Error(ErrorCode::kInvalidArgument,
                   "the column '{}' is of the type {}, which has no order", name,
                   columnar::DeltaTypeName(*field->type()));
  }
}

}  // namespace deltaport::lake
