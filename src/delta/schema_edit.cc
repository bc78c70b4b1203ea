#include "delta/schema_edit.h"

#include <algorithm>

#include <arrow/util/key_value_metadata.h>

#include "base/letter_case.h"
#include "columnar/delta_schema.h"
#include "columnar/json_document.h"

namespace deltaport::delta {
namespace {

Status NoField(const ColumnPath& path) {
  return Error(ErrorCode::kNotFound, "the table has no column '{}'", PathText(path));
}

// The index of the field of that name, or -1.
int IndexOf(const arrow::FieldVector& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& field) {
    return EqualsIgnoringCase(field->name(), name);
  });
  return found == fields.end() ? -1 : static_cast<int>(found - fields.begin());
}

// Changes the list of fields of one struct.
using FieldsEdit = std::function<Result<arrow::FieldVector>(const arrow::FieldVector&)>;

Result<std::shared_ptr<arrow::DataType>> EditInside(const arrow::DataType& type,
                                                    const ColumnPath& path, size_t depth,
                                                    const FieldsEdit& edit_fields,
                                                    const FieldEdit& edit);

Result<std::shared_ptr<arrow::Field>> EditElement(const std::shared_ptr<arrow::Field>& element,
                                                  const ColumnPath& path, size_t depth,
                                                  const FieldsEdit& edit_fields,
                                                  const FieldEdit& edit) {
  if (depth == path.size() && edit) {
    ARROW_ASSIGN_OR_RAISE(auto edited, edit(element));
    if (edited == nullptr) {
      return Error(ErrorCode::kInvalidArgument, "'{}' is a part of its type and cannot be dropped",
                   PathText(path));
    }
    return edited;
  }
  ARROW_ASSIGN_OR_RAISE(auto type, EditInside(*element->type(), path, depth, edit_fields, edit));
  return element->WithType(type);
}

Result<arrow::FieldVector> EditFields(const arrow::FieldVector& fields, const ColumnPath& path,
                                      size_t depth, const FieldsEdit& edit_fields,
                                      const FieldEdit& edit) {
  if (depth == path.size()) return edit_fields(fields);
  const int index = IndexOf(fields, path[depth]);
  if (index < 0) return NoField(path);
  arrow::FieldVector edited = fields;
  auto& field = edited[static_cast<size_t>(index)];
  if (depth + 1 == path.size() && edit) {
    ARROW_ASSIGN_OR_RAISE(field, edit(field));
    if (field == nullptr) edited.erase(edited.begin() + index);
    return edited;
  }
  ARROW_ASSIGN_OR_RAISE(auto type, EditInside(*field->type(), path, depth + 1, edit_fields, edit));
  field = field->WithType(type);
  return edited;
}

Result<std::shared_ptr<arrow::DataType>> EditInside(const arrow::DataType& type,
                                                    const ColumnPath& path, size_t depth,
                                                    const FieldsEdit& edit_fields,
                                                    const FieldEdit& edit) {
  if (type.id() == arrow::Type::STRUCT) {
    ARROW_ASSIGN_OR_RAISE(auto fields, EditFields(type.fields(), path, depth, edit_fields, edit));
    return arrow::struct_(fields);
  }
  if (depth == path.size()) return NoField(path);
  const std::string& part = path[depth];
  if (type.id() == arrow::Type::LIST && EqualsIgnoringCase(part, "element")) {
    ARROW_ASSIGN_OR_RAISE(auto element,
                          EditElement(type.field(0), path, depth + 1, edit_fields, edit));
    return arrow::list(std::move(element));
  }
  if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    auto key = map.key_field();
    auto item = map.item_field();
    if (!EqualsIgnoringCase(part, "key") && !EqualsIgnoringCase(part, "value"))
      return NoField(path);
    auto& changed = EqualsIgnoringCase(part, "key") ? key : item;
    ARROW_ASSIGN_OR_RAISE(changed, EditElement(changed, path, depth + 1, edit_fields, edit));
    return arrow::map(key->type(), std::move(item));
  }
  return NoField(path);
}

// Keys whose values are JSON, as columnar/delta_schema.h keeps them.
std::vector<std::string> JsonKeys(const arrow::KeyValueMetadata& metadata) {
  std::vector<std::string> keys;
  const auto text = metadata.Get(columnar::kJsonKeysKey);
  if (!text.ok()) return keys;
  const auto document = columnar::JsonDocument::Parse(*text);
  if (!document.ok()) return keys;
  const Status visited = document->root().ForEachElement([&](columnar::JsonValue key) {
    if (const auto name = key.string()) keys.emplace_back(*name);
    return Status::OK();
  });
  return visited.ok() ? keys : std::vector<std::string>();
}

}  // namespace

std::string PathText(const ColumnPath& path) { return fmt::format("{}", fmt::join(path, ".")); }

Result<std::shared_ptr<arrow::Field>> FindField(const arrow::Schema& schema,
                                                const ColumnPath& path) {
  std::shared_ptr<arrow::Field> found;
  ARROW_RETURN_NOT_OK(EditField(schema, path, [&](const auto& field) {
                        found = field;
                        return Result<std::shared_ptr<arrow::Field>>(field);
                      }).status());
  return found;
}

Result<std::shared_ptr<arrow::Schema>> EditField(const arrow::Schema& schema,
                                                 const ColumnPath& path, const FieldEdit& edit) {
  if (path.empty()) return NoField(path);
  const auto no_struct = [&](const arrow::FieldVector&) -> Result<arrow::FieldVector> {
    return NoField(path);
  };
  ARROW_ASSIGN_OR_RAISE(auto fields, EditFields(schema.fields(), path, 0, no_struct, edit));
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::Schema>> InsertField(const arrow::Schema& schema,
                                                   const ColumnPath& parent,
                                                   const std::shared_ptr<arrow::Field>& field,
                                                   const std::optional<std::string>& after) {
  const auto insert = [&](const arrow::FieldVector& fields) -> Result<arrow::FieldVector> {
    ColumnPath path = parent;
    path.push_back(field->name());
    if (IndexOf(fields, field->name()) >= 0) {
      return Error(ErrorCode::kAlreadyExists, "the table has a column '{}' already",
                   PathText(path));
    }
    size_t position = fields.size();
    if (after) {
      const int index = after->empty() ? -1 : IndexOf(fields, *after);
      path.back() = *after;
      if (!after->empty() && index < 0) return NoField(path);
      position = after->empty() ? 0 : static_cast<size_t>(index) + 1;
    }
    arrow::FieldVector changed = fields;
    changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(position), field);
    return changed;
  };
  ARROW_ASSIGN_OR_RAISE(auto fields, EditFields(schema.fields(), parent, 0, insert, nullptr));
  return arrow::schema(std::move(fields));
}

std::optional<std::string> FieldSetting(const arrow::Field& field, const std::string& key) {
  if (!field.metadata()) return std::nullopt;
  const auto value = field.metadata()->Get(key);
  return value.ok() ? std::optional(*value) : std::nullopt;
}

std::shared_ptr<arrow::Field> WithFieldSetting(const arrow::Field& field, const std::string& key,
                                               const std::optional<std::string>& value, bool json) {
  auto metadata =
      field.metadata() ? field.metadata()->Copy() : std::make_shared<arrow::KeyValueMetadata>();
  auto json_keys = JsonKeys(*metadata);
  std::erase(json_keys, key);
  if (json && value) json_keys.push_back(key);
  const auto set = [&](const std::string& name, const std::optional<std::string>& text) {
    const int index = metadata->FindKey(name);
    if (!text) return index < 0 ? Status::OK() : metadata->Delete(index);
    return metadata->Set(name, *text);
  };
  std::optional<std::string> keys_text;
  for (const auto& name : json_keys) {
    keys_text = keys_text ? *keys_text + "," : "[";
    columnar::AppendQuotedJson(name, *keys_text);
  }
  if (keys_text) *keys_text += ']';
  // Neither fails: the index is one that was found.
  const Status changed = set(key, value) & set(columnar::kJsonKeysKey, keys_text);
  return changed.ok() ? field.WithMetadata(metadata) : nullptr;
}

}  // namespace deltaport::delta
