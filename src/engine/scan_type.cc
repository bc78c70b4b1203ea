#include "engine/scan_type.h"

#include <arrow/extension_type.h>

namespace deltaport::engine {
namespace {

Result<std::shared_ptr<arrow::Field>> ScanField(const arrow::Field& field, std::string name) {
  ARROW_ASSIGN_OR_RAISE(auto type, ScanType(*field.type()));
  return arrow::field(std::move(name), std::move(type), field.nullable());
}

Result<std::shared_ptr<arrow::DataType>> ScanStruct(const arrow::DataType& type) {
  arrow::FieldVector fields;
  for (const auto& field : type.fields()) {
    ARROW_ASSIGN_OR_RAISE(fields.emplace_back(), ScanField(*field, field->name()));
  }
  return arrow::struct_(fields);
}

Result<std::shared_ptr<arrow::DataType>> ScanMap(const arrow::MapType& type) {
  ARROW_ASSIGN_OR_RAISE(auto key, ScanType(*type.key_type()));
  ARROW_ASSIGN_OR_RAISE(auto item, ScanField(*type.item_field(), "value"));
  return std::make_shared<arrow::MapType>(arrow::field("key", std::move(key), false),
                                          std::move(item));
}

std::shared_ptr<arrow::DataType> ScanTimestamp(const arrow::TimestampType& type) {
  if (type.timezone().empty()) return arrow::timestamp(type.unit());
  const auto unit = type.unit() == arrow::TimeUnit::NANO ? arrow::TimeUnit::MICRO : type.unit();
  return arrow::timestamp(unit, "UTC");
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> ScanType(const arrow::DataType& type) {
  using arrow::Type;
  switch (type.id()) {
    case Type::BOOL:
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::DATE32:
    case Type::DECIMAL128:
      return type.GetSharedPtr();
    case Type::HALF_FLOAT:
      return arrow::float32();
    case Type::DATE64:
      return arrow::date32();
    case Type::NA:
      return arrow::int32();
    case Type::DURATION:
      return arrow::int64();
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return arrow::utf8();
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return arrow::binary();
    case Type::TIME32:
    case Type::TIME64:
      return arrow::time64(arrow::TimeUnit::MICRO);
    case Type::TIMESTAMP:
      return ScanTimestamp(static_cast<const arrow::TimestampType&>(type));
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL256: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      if (decimal.precision() > arrow::Decimal128Type::kMaxPrecision) break;
      return arrow::decimal128(decimal.precision(), decimal.scale());
    }
    case Type::DICTIONARY:
      return ScanType(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST: {
      ARROW_ASSIGN_OR_RAISE(auto item, ScanField(*type.field(0), "element"));
      return arrow::list(std::move(item));
    }
    case Type::STRUCT:
      return ScanStruct(type);
    case Type::MAP:
      return ScanMap(static_cast<const arrow::MapType&>(type));
    case Type::EXTENSION: {
      const auto& extension = static_cast<const arrow::ExtensionType&>(type);
      if (extension.extension_name() == "arrow.uuid") return arrow::utf8();
      return ScanType(*extension.storage_type());
    }
    default:
      break;
  }
  return Error(ErrorCode::kUnsupportedFeature, "type {} cannot be queried", type.ToString());
}

}  // namespace deltaport::engine
