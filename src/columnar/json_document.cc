#include "columnar/json_document.h"

#include <charconv>
#include <cstdlib>

#include <yyjson.h>

namespace deltaport::columnar {

std::string_view JsonKindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kMissing:
      return "nothing";
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBoolean:
      return "a boolean";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
  }
  return "nothing";
}

JsonKind JsonValue::kind() const {
  switch (yyjson_get_type(value_)) {
    case YYJSON_TYPE_NULL:
      return JsonKind::kNull;
    case YYJSON_TYPE_BOOL:
      return JsonKind::kBoolean;
    case YYJSON_TYPE_RAW:
    case YYJSON_TYPE_NUM:
      return JsonKind::kNumber;
    case YYJSON_TYPE_STR:
      return JsonKind::kString;
    case YYJSON_TYPE_ARR:
      return JsonKind::kArray;
    case YYJSON_TYPE_OBJ:
      return JsonKind::kObject;
    default:
      return JsonKind::kMissing;
  }
}

std::optional<bool> JsonValue::boolean() const {
  if (!yyjson_is_bool(value_)) return std::nullopt;
  return yyjson_get_bool(value_);
}

std::optional<std::string_view> JsonValue::string() const {
  if (!yyjson_is_str(value_)) return std::nullopt;
  return std::string_view(yyjson_get_str(value_), yyjson_get_len(value_));
}

std::optional<std::string_view> JsonValue::number_text() const {
  if (!yyjson_is_raw(value_)) return std::nullopt;
  return std::string_view(yyjson_get_raw(value_), yyjson_get_len(value_));
}

std::optional<int64_t> JsonValue::integer() const {
  const auto text = number_text();
  if (!text) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

std::optional<double> JsonValue::number() const {
  const auto text = number_text();
  if (!text) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (end != text->data() + text->size()) return std::nullopt;
  // Out of range: strtod gives infinity or zero, as every JSON reader does.
  if (error == std::errc::result_out_of_range) value = std::strtod(std::string(*text).c_str(), {});
  return value;
}

JsonValue JsonValue::operator[](std::string_view name) const {
  return JsonValue(yyjson_obj_getn(value_, name.data(), name.size()));
}

size_t JsonValue::size() const {
  if (yyjson_is_obj(value_)) return yyjson_obj_size(value_);
  return yyjson_arr_size(value_);
}

std::string JsonValue::ToText() const {
  size_t length = 0;
  char* text = yyjson_val_write(value_, YYJSON_WRITE_NOFLAG, &length);
  std::string copy = text == nullptr ? std::string() : std::string(text, length);
  std::free(text);
  return copy;
}

yyjson_val* JsonValue::FirstChild() const { return unsafe_yyjson_get_first(value_); }

yyjson_val* JsonValue::Next(yyjson_val* value) { return unsafe_yyjson_get_next(value); }

std::pair<std::string_view, yyjson_val*> JsonValue::Member(yyjson_val* name) {
  return {std::string_view(yyjson_get_str(name), yyjson_get_len(name)), name + 1};
}

void AppendQuotedJson(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string QuotedJson(std::string_view text) {
  std::string quoted;
  AppendQuotedJson(text, quoted);
  return quoted;
}

std::string QuotedJsonList(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const auto& text : texts) {
    if (list.size() > 1) list += ',';
    AppendQuotedJson(text, list);
  }
  return QuotedJson(list + "]");
}

JsonDocument::JsonDocument(yyjson_doc* document) : document_(document) {}

void JsonDocument::Free::operator()(yyjson_doc* document) const { yyjson_doc_free(document); }

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  yyjson_read_err error;
  // Without the in-situ flag the text is not changed, so the cast is safe.
  yyjson_doc* document = yyjson_read_opts(const_cast<char*>(text.data()), text.size(),
                                          YYJSON_READ_NUMBER_AS_RAW, nullptr, &error);
  if (document == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "not valid JSON at byte {}: {}", error.pos,
                 error.msg);
  }
  return JsonDocument(document);
}

JsonValue JsonDocument::root() const { return JsonValue(yyjson_doc_get_root(document_.get())); }

}  // namespace deltaport::columnar
