#include "engine/sql_type.h"

#include "engine/query_sql.h"

namespace deltaport::engine {

using arrow::Type;

namespace {

Result<std::string> StructName(const arrow::DataType& type) {
  std::string text = "STRUCT(";
  for (int i = 0; i < type.num_fields(); ++i) {
    const auto& field = *type.field(i);
    ARROW_ASSIGN_OR_RAISE(const auto name, SqlTypeName(*field.type()));
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", QuoteIdentifier(field.name()), name);
  }
  return text + ")";
}

}  // namespace

Result<std::string> SqlTypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return "BOOLEAN";
    case Type::INT8:
      return "TINYINT";
    case Type::INT16:
      return "SMALLINT";
    case Type::INT32:
      return "INTEGER";
    case Type::INT64:
      return "BIGINT";
    case Type::FLOAT:
      return "FLOAT";
    case Type::DOUBLE:
      return "DOUBLE";
    case Type::STRING:
      return "VARCHAR";
    case Type::BINARY:
      return "BLOB";
    case Type::DATE32:
      return "DATE";
    case Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? "TIMESTAMP"
                                                                               : "TIMESTAMPTZ";
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return fmt::format("DECIMAL({},{})", decimal.precision(), decimal.scale());
    }
    case Type::LIST: {
      ARROW_ASSIGN_OR_RAISE(const auto name, SqlTypeName(*type.field(0)->type()));
      return name + "[]";
    }
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      ARROW_ASSIGN_OR_RAISE(const auto key, SqlTypeName(*map.key_type()));
      ARROW_ASSIGN_OR_RAISE(const auto item, SqlTypeName(*map.item_type()));
      return fmt::format("MAP({}, {})", key, item);
    }
    case Type::STRUCT:
      return StructName(type);
    default:
      return Error(ErrorCode::kUnsupportedFeature, "a value of type {} cannot be computed in SQL",
                   type.ToString());
  }
}

}  // namespace deltaport::engine
