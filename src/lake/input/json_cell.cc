#include "lake/input/json_cell.h"

#include <arrow/builder.h>
#include <arrow/util/base64.h>

#include "columnar/delta_schema.h"
#include "delta/value_text.h"

namespace deltaport::lake {
namespace {

using columnar::JsonKind;
using columnar::JsonValue;

constexpr size_t kShownBytes = 60;

Status WrongValue(const arrow::DataType& type, std::string_view shown) {
  const std::string cut(shown.substr(0, kShownBytes));
  return Error(ErrorCode::kInvalidArgument, "{}{} is no value of the type {}", cut,
               cut.size() < shown.size() ? "…" : "", columnar::DeltaTypeName(type));
}

// A timestamp without time zone has no "Z" and no offset.
bool HasZone(std::string_view text) {
  const size_t time = text.find_first_of("T ");
  return time != std::string_view::npos &&
         text.find_first_of("Zz+-", time) != std::string_view::npos;
}

Status AppendBinary(std::string_view text, arrow::ArrayBuilder& builder) {
  const auto bytes = arrow::util::base64_decode(text);
  if (!bytes.ok()) {
    return Error(ErrorCode::kInvalidArgument, "'{}' is no base64", text.substr(0, kShownBytes));
  }
  return static_cast<arrow::BinaryBuilder&>(builder).Append(*bytes);
}

// Which JSON stands for a primitive type.
bool Fits(const arrow::DataType& type, JsonKind kind) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return kind == JsonKind::kBoolean;
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
      return kind == JsonKind::kNumber;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DECIMAL128:
      return kind == JsonKind::kNumber || kind == JsonKind::kString;
    default:
      return kind == JsonKind::kString;
  }
}

Status AppendStruct(const arrow::DataType& type, JsonValue value, arrow::ArrayBuilder& builder) {
  if (value.kind() != JsonKind::kObject) return WrongValue(type, value.ToText());
  auto& members = static_cast<arrow::StructBuilder&>(builder);
  ARROW_RETURN_NOT_OK(value.ForEachMember([&](std::string_view name, JsonValue) -> Status {
    for (const auto& field : type.fields()) {
      if (field->name() == name) return Status::OK();
    }
    return Error(ErrorCode::kInvalidArgument, "there is no member '{}' in {}", name,
                 columnar::DeltaTypeName(type));
  }));
  ARROW_RETURN_NOT_OK(members.Append());
  for (int i = 0; i < type.num_fields(); ++i) {
    const auto& field = *type.field(i);
    const Status status = AppendJson(*field.type(), value[field.name()], *members.field_builder(i));
    if (!status.ok()) return WithContext(status, fmt::format("member '{}'", field.name()));
  }
  return Status::OK();
}

Status AppendList(const arrow::DataType& type, JsonValue value, arrow::ArrayBuilder& builder) {
  if (value.kind() != JsonKind::kArray) return WrongValue(type, value.ToText());
  auto& list = static_cast<arrow::ListBuilder&>(builder);
  ARROW_RETURN_NOT_OK(list.Append());
  return value.ForEachElement([&](JsonValue element) {
    return AppendJson(*type.field(0)->type(), element, *list.value_builder());
  });
}

Status AppendMap(const arrow::DataType& type, JsonValue value, arrow::ArrayBuilder& builder) {
  if (value.kind() != JsonKind::kObject) return WrongValue(type, value.ToText());
  const auto& map_type = static_cast<const arrow::MapType&>(type);
  auto& map = static_cast<arrow::MapBuilder&>(builder);
  ARROW_RETURN_NOT_OK(map.Append());
  return value.ForEachMember([&](std::string_view name, JsonValue item) -> Status {
    ARROW_RETURN_NOT_OK(AppendText(*map_type.key_type(), name, *map.key_builder()));
    return AppendJson(*map_type.item_type(), item, *map.item_builder());
  });
}

}  // namespace

Status AppendText(const arrow::DataType& type, std::string_view text,
                  arrow::ArrayBuilder& builder) {
  if (type.id() == arrow::Type::BINARY) return AppendBinary(text, builder);
  const bool local = type.id() == arrow::Type::TIMESTAMP &&
                     static_cast<const arrow::TimestampType&>(type).timezone().empty();
  if (local && HasZone(text)) return WrongValue(type, fmt::format("'{}'", text));
  Status status = delta::AppendValueText(type, text, builder);
  return CodeOf(status) == ErrorCode::kCorruptTable ? WrongValue(type, fmt::format("'{}'", text))
                                                    : status;
}

Status AppendJson(const arrow::DataType& type, JsonValue value, arrow::ArrayBuilder& builder) {
  if (value.missing_or_null()) return builder.AppendNull();
  switch (type.id()) {
    case arrow::Type::STRUCT:
      return AppendStruct(type, value, builder);
    case arrow::Type::LIST:
      return AppendList(type, value, builder);
    case arrow::Type::MAP:
      return AppendMap(type, value, builder);
    default:
      break;
  }
  if (!Fits(type, value.kind())) return WrongValue(type, value.ToText());
  if (const auto yes = value.boolean()) return AppendText(type, *yes ? "true" : "false", builder);
  if (const auto number = value.number_text()) return AppendText(type, *number, builder);
  return AppendText(type, *value.string(), builder);
}

}  // namespace deltaport::lake
