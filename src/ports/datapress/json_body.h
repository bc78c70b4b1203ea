// Reads a JSON request body into typed values. Mistakes carry the position in the text, in the
// words that clients of this interface know ("invalid type: string \"5\", expected u64 at line 1
// column 16").
//
// A struct may be written as an object or as an array of its fields in order. Unknown members are
// ignored, a member given twice is an error. Nesting is at most kJsonDepthMax deep.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/structured_query.h"

struct yyjson_doc;
struct yyjson_val;

namespace deltaport::ports::datapress {

inline constexpr int kJsonDepthMax = 128;

using JsonValue = yyjson_val*;

struct JsonField {
  std::string_view name;
  std::function<Status(JsonValue)> read;
  bool required = false;
};

// All failures are kInvalidArgument and begin with "Json deserialize error: ".
class JsonBody {
 public:
  // `text` must outlive the body.
  static Result<JsonBody> Parse(std::string_view text);

  JsonValue root() const;

  Result<uint64_t> ReadUnsigned(JsonValue value) const;
  Result<bool> ReadBoolean(JsonValue value) const;
  Result<std::string> ReadText(JsonValue value) const;
  Status ReadList(JsonValue value, const std::function<Status(JsonValue)>& read) const;

  // `name` is what the struct is called in messages.
  Status ReadStruct(JsonValue value, std::string_view name,
                    std::span<const JsonField> fields) const;

  static bool IsNull(JsonValue value);
  static bool IsList(JsonValue value);

  // Null, boolean, number or string; nullopt for a list or an object.
  static std::optional<engine::Literal> ToLiteral(JsonValue value);

 private:
  struct Free {
    void operator()(yyjson_doc* document) const;
  };

  JsonBody(std::string_view text, yyjson_doc* document) : text_(text), document_(document) {}
  Status ReadMembers(JsonValue object, std::span<const JsonField> fields) const;
  Status ReadElements(JsonValue array, std::string_view name,
                      std::span<const JsonField> fields) const;
  // "invalid type: X, expected Y" at the value.
  Status WrongType(JsonValue value, std::string_view expected) const;
  Status FailAt(JsonValue value, std::string_view message) const;

  std::string_view text_;
  std::unique_ptr<yyjson_doc, Free> document_;
};

}  // namespace deltaport::ports::datapress
