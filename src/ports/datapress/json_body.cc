#include "ports/datapress/json_body.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <yyjson.h>

#include "ports/datapress/json_position.h"

namespace deltaport::ports::datapress {
namespace {

Status BodyError(std::string_view text, size_t offset, std::string_view message) {
  return Error(ErrorCode::kInvalidArgument, "Json deserialize error: {}{}", message,
               PositionText(text, offset));
}

// In the words of ExpectationAt, or of the kind of token that is malformed.
Status SyntaxError(std::string_view text, const yyjson_read_err& error) {
  size_t offset = std::min(error.pos, text.size());
  const std::string_view reason = error.msg == nullptr ? "" : error.msg;
  std::string_view message;
  switch (error.code) {
    case YYJSON_READ_ERROR_INVALID_NUMBER:
      message = "invalid number";
      break;
    case YYJSON_READ_ERROR_LITERAL:
      message = "expected ident";
      break;
    case YYJSON_READ_ERROR_INVALID_STRING:
      message = reason.find("control") != reason.npos
                    ? "control character (\\u0000-\\u001F) found while parsing a string"
                : reason.find("escape") != reason.npos ? "invalid escape"
                                                       : "invalid unicode code point";
      break;
    case YYJSON_READ_ERROR_MEMORY_ALLOCATION:
      return Error(ErrorCode::kResourceExhausted, "no memory for a request body of {} bytes",
                   text.size());
    default:
      // A comma before a closing bracket is reported at the comma.
      if (offset < text.size() && text[offset] == ',') {
        const size_t next = text.find_first_not_of(" \t\r\n", offset + 1);
        if (next != text.npos && (text[next] == ']' || text[next] == '}')) offset = next;
      }
      message = ExpectationAt(text, offset);
  }
  // The character that was looked at counts into the column; the end of the text does not.
  return BodyError(text, std::min(offset + 1, text.size()), message);
}

std::string_view Raw(JsonValue value) { return {yyjson_get_raw(value), yyjson_get_len(value)}; }

// The value as serde names it: "string \"5\"", "integer `5`", "sequence".
std::string DescribeValue(JsonValue value) {
  if (yyjson_is_null(value)) return "null";
  if (yyjson_is_bool(value)) return yyjson_get_bool(value) ? "boolean `true`" : "boolean `false`";
  if (yyjson_is_arr(value)) return "sequence";
  if (yyjson_is_obj(value)) return "map";
  if (yyjson_is_str(value)) {
    const std::string_view text(yyjson_get_str(value), yyjson_get_len(value));
    return fmt::format("string \"{}\"", text.substr(0, 200));
  }
  const std::string_view number = Raw(value).substr(0, 200);
  const bool integer = number.find_first_of(".eE") == number.npos;
  return fmt::format("{} `{}`", integer ? "integer" : "floating point", number);
}

template <typename Integer>
std::optional<Integer> ToInteger(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A double gives back up to this many significant digits as they were.
constexpr size_t kDoubleDigits = 15;

engine::Literal NumberLiteral(std::string_view text) {
  if (const auto value = ToInteger<int64_t>(text)) return *value;
  if (const auto value = ToInteger<uint64_t>(text)) return *value;
  const size_t digits = std::min(text.find_first_of("eE"), text.size());
  const double value = std::strtod(std::string(text).c_str(), nullptr);
  if (digits > kDoubleDigits || !std::isfinite(value)) {
    return engine::NumberText{std::string(text)};
  }
  return value;
}

}  // namespace

void JsonBody::Free::operator()(yyjson_doc* document) const { yyjson_doc_free(document); }

Result<JsonBody> JsonBody::Parse(std::string_view text) {
  if (const auto offset = FindTooDeep(text, kJsonDepthMax)) {
    return BodyError(text, *offset, "recursion limit exceeded");
  }
  if (text.empty()) return BodyError(text, 0, "EOF while parsing a value");
  yyjson_read_err error;
  // Without the flag for reading in place the text is copied and left as it is.
  yyjson_doc* document = yyjson_read_opts(const_cast<char*>(text.data()), text.size(),
                                          YYJSON_READ_NUMBER_AS_RAW, nullptr, &error);
  if (document == nullptr) return SyntaxError(text, error);
  return JsonBody(text, document);
}

JsonValue JsonBody::root() const { return yyjson_doc_get_root(document_.get()); }

bool JsonBody::IsNull(JsonValue value) { return yyjson_is_null(value); }
bool JsonBody::IsList(JsonValue value) { return yyjson_is_arr(value); }

std::optional<engine::Literal> JsonBody::ToLiteral(JsonValue value) {
  if (yyjson_is_null(value)) return engine::Literal();
  if (yyjson_is_bool(value)) return engine::Literal(static_cast<bool>(yyjson_get_bool(value)));
  if (yyjson_is_raw(value)) return NumberLiteral(Raw(value));
  if (yyjson_is_str(value)) {
    return engine::Literal(std::string(yyjson_get_str(value), yyjson_get_len(value)));
  }
  return std::nullopt;
}

Status JsonBody::FailAt(JsonValue value, std::string_view message) const {
  // The values of a document lie in the order of the text.
  const auto ordinal = static_cast<size_t>(value - root());
  return BodyError(text_, FindValue(text_, ordinal, false), message);
}

Status JsonBody::WrongType(JsonValue value, std::string_view expected) const {
  return FailAt(value,
                fmt::format("invalid type: {}, expected {}", DescribeValue(value), expected));
}

Result<uint64_t> JsonBody::ReadUnsigned(JsonValue value) const {
  if (!yyjson_is_raw(value)) return WrongType(value, "u64");
  const std::string_view text = Raw(value);
  if (const auto number = ToInteger<uint64_t>(text)) return *number;
  if (text.find_first_of(".eE") != text.npos) return WrongType(value, "u64");
  return FailAt(value,
                fmt::format("invalid value: integer `{}`, expected u64", text.substr(0, 200)));
}

Result<bool> JsonBody::ReadBoolean(JsonValue value) const {
  if (!yyjson_is_bool(value)) return WrongType(value, "a boolean");
  return static_cast<bool>(yyjson_get_bool(value));
}

Result<std::string> JsonBody::ReadText(JsonValue value) const {
  if (!yyjson_is_str(value)) return WrongType(value, "a string");
  return std::string(yyjson_get_str(value), yyjson_get_len(value));
}

Status JsonBody::ReadList(JsonValue value, const std::function<Status(JsonValue)>& read) const {
  if (!yyjson_is_arr(value)) return WrongType(value, "a sequence");
  yyjson_arr_iter elements = yyjson_arr_iter_with(value);
  while (JsonValue element = yyjson_arr_iter_next(&elements)) {
    ARROW_RETURN_NOT_OK(read(element));
  }
  return Status::OK();
}

Status JsonBody::ReadStruct(JsonValue value, std::string_view name,
                            std::span<const JsonField> fields) const {
  if (yyjson_is_obj(value)) return ReadMembers(value, fields);
  if (yyjson_is_arr(value)) return ReadElements(value, name, fields);
  return WrongType(value, name);
}

Status JsonBody::ReadMembers(JsonValue object, std::span<const JsonField> fields) const {
  std::vector<bool> seen(fields.size());
  yyjson_obj_iter members = yyjson_obj_iter_with(object);
  while (JsonValue key = yyjson_obj_iter_next(&members)) {
    const std::string_view name(yyjson_get_str(key), yyjson_get_len(key));
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name != name) continue;
      if (seen[i]) return FailAt(key, fmt::format("duplicate field `{}`", name));
      seen[i] = true;
      ARROW_RETURN_NOT_OK(fields[i].read(yyjson_obj_iter_get_val(key)));
    }
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].required || seen[i]) continue;
    const size_t end = FindValue(text_, static_cast<size_t>(object - root()), true);
    return BodyError(text_, end, fmt::format("missing field `{}`", fields[i].name));
  }
  return Status::OK();
}

Status JsonBody::ReadElements(JsonValue array, std::string_view name,
                              std::span<const JsonField> fields) const {
  size_t count = 0;
  yyjson_arr_iter elements = yyjson_arr_iter_with(array);
  while (JsonValue element = yyjson_arr_iter_next(&elements)) {
    if (count == fields.size()) return FailAt(element, "trailing characters");
    ARROW_RETURN_NOT_OK(fields[count++].read(element));
  }
  for (size_t i = count; i < fields.size(); ++i) {
    if (!fields[i].required) continue;
    const size_t end = FindValue(text_, static_cast<size_t>(array - root()), true);
    return BodyError(
        text_, end,
        fmt::format("invalid length {}, expected {} with {} elements", count, name, fields.size()));
  }
  return Status::OK();
}

}  // namespace deltaport::ports::datapress
