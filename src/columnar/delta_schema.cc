#include "columnar/delta_schema.h"

#include <vector>

#include <arrow/util/key_value_metadata.h>

namespace deltaport::columnar {
namespace {

using TypeResult = Result<std::shared_ptr<arrow::DataType>>;

TypeResult Canonical(const arrow::DataType& type, int depth);

TypeResult Unsupported(const arrow::DataType& type) {
  return Error(ErrorCode::kUnsupportedFeature,
               "the type {} has no Delta form; cast it to another type first", type.ToString());
}

Result<std::shared_ptr<arrow::Field>> CanonicalField(const arrow::Field& field, int depth) {
  auto type = Canonical(*field.type(), depth);
  if (!type.ok()) return WithContext(type.status(), fmt::format("column '{}'", field.name()));
  return field.WithType(type.MoveValueUnsafe());
}

TypeResult CanonicalDecimal(const arrow::DataType& type) {
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  if (decimal.precision() > kDecimalPrecisionMax || decimal.scale() < 0 ||
      decimal.scale() > decimal.precision()) {
    return Unsupported(type);
  }
  return arrow::decimal128(decimal.precision(), decimal.scale());
}

TypeResult CanonicalTimestamp(const arrow::DataType& type) {
  // Every zoned timestamp is an instant; the zone's name is only how it is shown.
  const bool zoned = !static_cast<const arrow::TimestampType&>(type).timezone().empty();
  return arrow::timestamp(arrow::TimeUnit::MICRO, zoned ? "UTC" : "");
}

TypeResult CanonicalNested(const arrow::DataType& type, int depth) {
  switch (type.id()) {
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW: {
      ARROW_ASSIGN_OR_RAISE(auto element, CanonicalField(*type.field(0), depth + 1));
      return arrow::list(element->WithName("element"));
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      ARROW_ASSIGN_OR_RAISE(auto key, Canonical(*map.key_type(), depth + 1));
      ARROW_ASSIGN_OR_RAISE(auto item, CanonicalField(*map.item_field(), depth + 1));
      return arrow::map(std::move(key), item->WithName("value"));
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type.fields()) {
        ARROW_ASSIGN_OR_RAISE(auto canonical, CanonicalField(*field, depth + 1));
        fields.push_back(std::move(canonical));
      }
      return arrow::struct_(fields);
    }
    default:
      return Unsupported(type);
  }
}

TypeResult Canonical(const arrow::DataType& type, int depth) {
  if (depth > kSchemaDepthMax) {
    return Error(ErrorCode::kResourceExhausted, "a type is nested more than {} levels deep",
                 kSchemaDepthMax);
  }
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return arrow::utf8();
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return arrow::binary();
    case arrow::Type::BOOL:
      return arrow::boolean();
    case arrow::Type::INT8:
      return arrow::int8();
    case arrow::Type::INT16:
    case arrow::Type::UINT8:
      return arrow::int16();
    case arrow::Type::INT32:
    case arrow::Type::UINT16:
      return arrow::int32();
    case arrow::Type::INT64:
    case arrow::Type::UINT32:
      return arrow::int64();
    case arrow::Type::UINT64:
      return arrow::decimal128(20, 0);
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return arrow::float32();
    case arrow::Type::DOUBLE:
      return arrow::float64();
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return arrow::date32();
    case arrow::Type::NA:
      return arrow::null();
    case arrow::Type::TIMESTAMP:
      return CanonicalTimestamp(type);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return CanonicalDecimal(type);
    case arrow::Type::DICTIONARY:
      return Canonical(*static_cast<const arrow::DictionaryType&>(type).value_type(), depth + 1);
    default:
      return CanonicalNested(type, depth);
  }
}

std::string NestedTypeName(const arrow::DataType& type) {
  if (type.id() == arrow::Type::LIST) {
    return fmt::format("array<{}>", DeltaTypeName(*type.field(0)));
  }
  if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    return fmt::format("map<{}, {}>", DeltaTypeName(*map.key_field()),
                       DeltaTypeName(*map.item_field()));
  }
  if (type.id() != arrow::Type::STRUCT) return type.ToString();
  std::vector<std::string> fields;
  for (const auto& field : type.fields()) {
    fields.push_back(fmt::format("{}: {}", field->name(), DeltaTypeName(*field)));
  }
  return fmt::format("struct<{}>", fmt::join(fields, ", "));
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> DeltaTypeOf(const arrow::DataType& type) {
  return Canonical(type, 0);
}

Result<std::shared_ptr<arrow::Schema>> DeltaSchemaOf(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    ARROW_ASSIGN_OR_RAISE(auto canonical, CanonicalField(*field, 0));
    fields.push_back(std::move(canonical));
  }
  return arrow::schema(std::move(fields));
}

bool IsVariant(const arrow::Field& field) {
  return field.type()->id() == arrow::Type::STRING && field.metadata() != nullptr &&
         field.metadata()->Contains(kVariantKey);
}

std::string DeltaTypeName(const arrow::Field& field) {
  return IsVariant(field) ? "variant" : DeltaTypeName(*field.type());
}

std::string DeltaTypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRING:
      return "string";
    case arrow::Type::INT64:
      return "long";
    case arrow::Type::INT32:
      return "integer";
    case arrow::Type::INT16:
      return "short";
    case arrow::Type::INT8:
      return "byte";
    case arrow::Type::FLOAT:
      return "float";
    case arrow::Type::DOUBLE:
      return "double";
    case arrow::Type::BOOL:
      return "boolean";
    case arrow::Type::BINARY:
      return "binary";
    case arrow::Type::DATE32:
      return "date";
    case arrow::Type::NA:
      return "void";
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? "timestamp_ntz"
                                                                               : "timestamp";
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return fmt::format("decimal({},{})", decimal.precision(), decimal.scale());
    }
    default:
      return NestedTypeName(type);
  }
}

}  // namespace deltaport::columnar
