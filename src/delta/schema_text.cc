#include "delta/schema_text.h"

#include "columnar/json_document.h"

namespace deltaport::delta {
namespace {

using columnar::JsonKind;
using columnar::JsonValue;

// Writes an object member by member; `text` gives the text of a value.
template <typename Text>
Result<std::string> RewriteObject(JsonValue object, Text&& text) {
  std::string out = "{";
  ARROW_RETURN_NOT_OK(object.ForEachMember([&](std::string_view name, JsonValue value) -> Status {
    ARROW_ASSIGN_OR_RAISE(const std::optional<std::string> written, text(name, value));
    if (!written) return Status::OK();
    if (out.size() > 1) out += ',';
    columnar::AppendQuotedJson(name, out);
    out += ':';
    out += *written;
    return Status::OK();
  }));
  return out + "}";
}

using Written = Result<std::optional<std::string>>;

Written RewriteMetadata(JsonValue metadata, std::string_view key,
                        const std::optional<std::string>& value) {
  bool found = false;
  ARROW_ASSIGN_OR_RAISE(
      std::string text,
      RewriteObject(metadata, [&](std::string_view name, JsonValue old) -> Written {
        if (name != key) return old.ToText();
        found = true;
        return value;
      }));
  if (found || !value) return text;
  text.pop_back();
  if (text.size() > 1) text += ',';
  columnar::AppendQuotedJson(key, text);
  return text + ":" + *value + "}";
}

}  // namespace

Result<std::string> WithFieldMetadata(std::string_view schema_string, std::string_view column,
                                      std::string_view key,
                                      const std::optional<std::string>& value) {
  const auto document = columnar::JsonDocument::Parse(schema_string);
  if (!document.ok() || document->root()["fields"].kind() != JsonKind::kArray) {
    return Error(ErrorCode::kCorruptTable, "the schema is no JSON object with 'fields'");
  }
  bool found = false;
  std::string fields = "[";
  ARROW_RETURN_NOT_OK(document->root()["fields"].ForEachElement([&](JsonValue field) -> Status {
    if (fields.size() > 1) fields += ',';
    if (field["name"].string() != column) {
      fields += field.ToText();
      return Status::OK();
    }
    found = true;
    ARROW_ASSIGN_OR_RAISE(
        const auto text,
        RewriteObject(field, [&](std::string_view name, JsonValue member) -> Written {
          if (name != "metadata") return member.ToText();
          return RewriteMetadata(member, key, value);
        }));
    fields += text;
    return Status::OK();
  }));
  if (!found) return Error(ErrorCode::kNotFound, "there is no column '{}'", column);
  return RewriteObject(document->root(), [&](std::string_view name, JsonValue member) -> Written {
    return name == "fields" ? fields + "]" : member.ToText();
  });
}

}  // namespace deltaport::delta
