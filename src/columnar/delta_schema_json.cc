// SchemaFromDeltaJson and SchemaToDeltaJson.

#include <charconv>
#include <set>
#include <vector>

#include <arrow/util/key_value_metadata.h>

#include "base/letter_case.h"
#include "columnar/delta_schema.h"
#include "columnar/json_document.h"

namespace deltaport::columnar {
namespace {

constexpr std::string_view kVariant = "variant";

Status Corrupt(std::string_view column, std::string_view what) {
  return Error(ErrorCode::kCorruptTable, "schema, column '{}': {}", column, what);
}

// "decimal(10,2)"; "decimal" alone is decimal(10,0).
Result<std::shared_ptr<arrow::DataType>> ParseDecimal(std::string_view name,
                                                      std::string_view column) {
  int precision = 10;
  int scale = 0;
  if (name != "decimal") {
    const char* const end = name.data() + name.size();
    const auto skip_spaces = [end](const char* at) {
      while (at < end && *at == ' ') ++at;
      return at;
    };
    const char* at = skip_spaces(name.data() + std::string_view("decimal(").size());
    const auto first = std::from_chars(at, end, precision);
    at = skip_spaces(first.ptr);
    const bool comma = first.ec == std::errc() && at < end && *at == ',';
    const auto second = std::from_chars(comma ? skip_spaces(at + 1) : end, end, scale);
    at = skip_spaces(second.ptr);
    const bool closed = second.ec == std::errc() && at + 1 == end && *at == ')';
    if (!closed || precision < 1 || precision > kDecimalPrecisionMax || scale < 0 ||
        scale > precision) {
      return Corrupt(column, fmt::format("'{}' is not a decimal type", name));
    }
  }
  return arrow::decimal128(precision, scale);
}

Result<std::shared_ptr<arrow::DataType>> ParseType(JsonValue type, const std::string& column,
                                                   int depth);

Result<bool> RequiredBoolean(JsonValue object, std::string_view name, std::string_view column) {
  const auto value = object[name].boolean();
  if (!value) return Corrupt(column, fmt::format("'{}' must be true or false", name));
  return *value;
}

// Notes that Arrow's Parquet reader or we put into field metadata: they are not the table's.
bool IsReaderNote(std::string_view key) {
  return key.starts_with("PARQUET:") || key.starts_with("ARROW:") ||
         key.starts_with("deltaport.schema.");
}

std::shared_ptr<const arrow::KeyValueMetadata> VariantNote(JsonValue type) {
  if (type.string() != kVariant) return nullptr;
  return arrow::key_value_metadata({kVariantKey}, {"true"});
}

Result<std::shared_ptr<const arrow::KeyValueMetadata>> ParseMetadata(JsonValue metadata,
                                                                     JsonValue type) {
  auto pairs = std::make_shared<arrow::KeyValueMetadata>();
  std::string json_keys;
  std::set<std::string_view> names;
  ARROW_RETURN_NOT_OK(metadata.ForEachMember([&](std::string_view name, JsonValue value) {
    if (IsReaderNote(name) || !names.insert(name).second) return Status::OK();
    const auto text = value.string();
    pairs->Append(std::string(name), text ? std::string(*text) : value.ToText());
    if (!text) {
      json_keys += json_keys.empty() ? '[' : ',';
      AppendQuotedJson(name, json_keys);
    }
    return Status::OK();
  }));
  if (!json_keys.empty()) pairs->Append(kJsonKeysKey, json_keys + "]");
  if (const auto note = VariantNote(type)) pairs->Append(note->key(0), note->value(0));
  return pairs->size() == 0 ? nullptr : pairs;
}

Result<std::shared_ptr<arrow::Field>> ParseField(JsonValue field, const std::string& parent,
                                                 int depth) {
  const auto name = field["name"].string();
  if (!name) return Corrupt(parent, "a field has no name");
  const std::string column =
      parent.empty() ? std::string(*name) : fmt::format("{}.{}", parent, *name);
  ARROW_ASSIGN_OR_RAISE(auto type, ParseType(field["type"], column, depth));
  ARROW_ASSIGN_OR_RAISE(const bool nullable, RequiredBoolean(field, "nullable", column));
  ARROW_ASSIGN_OR_RAISE(auto metadata, ParseMetadata(field["metadata"], field["type"]));
  return arrow::field(std::string(*name), std::move(type), nullable, std::move(metadata));
}

Result<arrow::FieldVector> ParseFields(JsonValue type, const std::string& column, int depth) {
  const JsonValue fields = type["fields"];
  if (fields.kind() != JsonKind::kArray) return Corrupt(column, "a struct needs 'fields'");
  arrow::FieldVector parsed;
  parsed.reserve(fields.size());
  std::set<std::string> names;
  ARROW_RETURN_NOT_OK(fields.ForEachElement([&](JsonValue element) -> Status {
    ARROW_ASSIGN_OR_RAISE(auto field, ParseField(element, column, depth));
    if (!names.insert(LowerCase(field->name())).second) {
      return Corrupt(field->name(), "its name stands twice (upper and lower case are the same)");
    }
    parsed.push_back(std::move(field));
    return Status::OK();
  }));
  return parsed;
}

Result<std::shared_ptr<arrow::DataType>> ParseType(JsonValue type, const std::string& column,
                                                   int depth) {
  if (depth > kSchemaDepthMax) {
    return Corrupt(column, fmt::format("nested more than {} levels deep", kSchemaDepthMax));
  }
  if (const auto name = type.string()) return PrimitiveTypeOf(*name, column);
  const auto kind = type["type"].string();
  if (!kind) return Corrupt(column, "its type must be a name or an object with a 'type'");
  if (*kind == "struct") {
    ARROW_ASSIGN_OR_RAISE(auto fields, ParseFields(type, column, depth + 1));
    return arrow::struct_(fields);
  }
  if (*kind == "array") {
    ARROW_ASSIGN_OR_RAISE(auto element, ParseType(type["elementType"], column, depth + 1));
    ARROW_ASSIGN_OR_RAISE(const bool nullable, RequiredBoolean(type, "containsNull", column));
    return arrow::list(
        arrow::field("element", std::move(element), nullable, VariantNote(type["elementType"])));
  }
  if (*kind == "map") {
    ARROW_ASSIGN_OR_RAISE(auto key, ParseType(type["keyType"], column, depth + 1));
    ARROW_ASSIGN_OR_RAISE(auto value, ParseType(type["valueType"], column, depth + 1));
    ARROW_ASSIGN_OR_RAISE(const bool nullable, RequiredBoolean(type, "valueContainsNull", column));
    return arrow::map(std::move(key), arrow::field("value", std::move(value), nullable,
                                                   VariantNote(type["valueType"])));
  }
  return Error(ErrorCode::kUnsupportedFeature,
               "schema, column '{}': the type '{}' is not supported", column, *kind);
}

void AppendType(const arrow::DataType& type, std::string& out);

void AppendFieldType(const arrow::Field& field, std::string& out) {
  if (IsVariant(field)) return AppendQuotedJson(kVariant, out);
  AppendType(*field.type(), out);
}

// Numbers and truth values in Delta's own field metadata; everything else there is a string.
bool IsNumberKey(std::string_view key) {
  return key == kColumnIdKey || key == "delta.identity.start" || key == "delta.identity.step" ||
         key == "delta.identity.highWaterMark";
}

bool IsInteger(const std::string& text) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && *parsed.ptr == '\0';
}

// Keys whose values were JSON other than text when the schema was read.
std::set<std::string, std::less<>> JsonKeys(const arrow::KeyValueMetadata& metadata) {
  std::set<std::string, std::less<>> keys;
  const auto text = metadata.Get(kJsonKeysKey);
  if (!text.ok()) return keys;
  const auto document = JsonDocument::Parse(*text);
  if (!document.ok()) return keys;
  const Status visited = document->root().ForEachElement([&](JsonValue key) {
    if (const auto name = key.string()) keys.emplace(*name);
    return Status::OK();
  });
  return visited.ok() ? keys : std::set<std::string, std::less<>>();
}

void AppendMetadata(const arrow::KeyValueMetadata* metadata, std::string& out) {
  out += '{';
  const int64_t count = metadata == nullptr ? 0 : metadata->size();
  const auto json_keys = count == 0 ? std::set<std::string, std::less<>>() : JsonKeys(*metadata);
  bool first = true;
  for (int64_t i = 0; i < count; ++i) {
    const std::string& key = metadata->key(i);
    const std::string& value = metadata->value(i);
    if (IsReaderNote(key)) continue;
    if (!first) out += ',';
    first = false;
    AppendQuotedJson(key, out);
    out += ':';
    // A value that was changed since must still be JSON.
    const bool json = json_keys.contains(key) && JsonDocument::Parse(value).ok();
    const bool truth =
        key == "delta.identity.allowExplicitInsert" && (value == "true" || value == "false");
    if (json || truth || (IsNumberKey(key) && IsInteger(value))) {
      out += value;
    } else {
      AppendQuotedJson(value, out);
    }
  }
  out += '}';
}

void AppendStruct(const arrow::FieldVector& fields, std::string& out) {
  out += R"({"type":"struct","fields":[)";
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    out += R"({"name":)";
    AppendQuotedJson(fields[i]->name(), out);
    out += R"(,"type":)";
    AppendFieldType(*fields[i], out);
    out += fields[i]->nullable() ? R"(,"nullable":true,"metadata":)"
                                 : R"(,"nullable":false,"metadata":)";
    AppendMetadata(fields[i]->metadata().get(), out);
    out += '}';
  }
  out += "]}";
}

// `type` is one that DeltaTypeOf gives.
void AppendType(const arrow::DataType& type, std::string& out) {
  const auto boolean = [](bool value) { return value ? "true" : "false"; };
  switch (type.id()) {
    case arrow::Type::STRUCT:
      return AppendStruct(type.fields(), out);
    case arrow::Type::LIST:
      out += R"({"type":"array","elementType":)";
      AppendFieldType(*type.field(0), out);
      out += fmt::format(R"(,"containsNull":{}}})", boolean(type.field(0)->nullable()));
      return;
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      out += R"({"type":"map","keyType":)";
      AppendType(*map.key_type(), out);
      out += R"(,"valueType":)";
      AppendFieldType(*map.item_field(), out);
      out += fmt::format(R"(,"valueContainsNull":{}}})", boolean(map.item_field()->nullable()));
      return;
    }
    default:
      return AppendQuotedJson(DeltaTypeName(type), out);
  }
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> PrimitiveTypeOf(std::string_view name,
                                                         std::string_view column) {
  if (name == "string") return arrow::utf8();
  if (name == "long") return arrow::int64();
  if (name == "integer") return arrow::int32();
  if (name == "short") return arrow::int16();
  if (name == "byte") return arrow::int8();
  if (name == "float") return arrow::float32();
  if (name == "double") return arrow::float64();
  if (name == "boolean") return arrow::boolean();
  if (name == "binary") return arrow::binary();
  if (name == "date") return arrow::date32();
  if (name == "timestamp") return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  if (name == "timestamp_ntz") return arrow::timestamp(arrow::TimeUnit::MICRO);
  if (name == "void") return arrow::null();
  if (name == kVariant) return arrow::utf8();
  if (name == "decimal" || name.starts_with("decimal(")) return ParseDecimal(name, column);
  return Error(ErrorCode::kUnsupportedFeature,
               "schema, column '{}': the type '{}' is not supported", column, name);
}

Result<std::shared_ptr<arrow::Schema>> SchemaFromDeltaJson(std::string_view text) {
  auto document = JsonDocument::Parse(text);
  if (!document.ok()) {
    return Error(ErrorCode::kCorruptTable, "schema: {}", document.status().message());
  }
  const JsonValue root = document->root();
  if (root["type"].string() != "struct") {
    return Error(ErrorCode::kCorruptTable, "schema: the outermost type must be a struct");
  }
  ARROW_ASSIGN_OR_RAISE(auto fields, ParseFields(root, "", 0));
  return arrow::schema(std::move(fields));
}

Result<std::string> SchemaToDeltaJson(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto canonical, DeltaSchemaOf(schema));
  std::string out;
  AppendStruct(canonical->fields(), out);
  return out;
}

}  // namespace deltaport::columnar
