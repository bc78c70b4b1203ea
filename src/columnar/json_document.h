// Reads JSON text. Numbers keep their text, so that decimals stay exact.
//
// A JsonValue points into its JsonDocument and must not outlive it. Parsing uses no recursion;
// who walks a tree bounds the depth.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

struct yyjson_doc;
struct yyjson_val;

namespace deltaport::columnar {

enum class JsonKind { kMissing, kNull, kBoolean, kNumber, kString, kArray, kObject };

// "null", "a number", "an object", … for messages.
std::string_view JsonKindName(JsonKind kind);

class JsonValue {
 public:
  JsonValue() = default;

  JsonKind kind() const;
  bool missing() const { return value_ == nullptr; }
  bool null() const { return kind() == JsonKind::kNull; }
  bool missing_or_null() const { return missing() || null(); }

  // Each is nullopt for another kind; integer() for a number with a fraction, exponent or overflow.
  std::optional<bool> boolean() const;
  std::optional<std::string_view> string() const;
  std::optional<std::string_view> number_text() const;
  std::optional<int64_t> integer() const;
  std::optional<double> number() const;

  // Member of an object; missing if this is not an object or has none of that name. The first of
  // several counts.
  JsonValue operator[](std::string_view name) const;

  // Members and elements; 0 for other kinds.
  size_t size() const;

  // The value as JSON text without white space.
  std::string ToText() const;

  // Calls visit(name, value) for each member, or visit(value) for each element, until one fails.
  template <typename Visit>
  Status ForEachMember(Visit&& visit) const;
  template <typename Visit>
  Status ForEachElement(Visit&& visit) const;

 private:
  friend class JsonDocument;
  explicit JsonValue(yyjson_val* value) : value_(value) {}
  // The first child and its successor: for objects a child is a name, its value follows.
  yyjson_val* FirstChild() const;
  static yyjson_val* Next(yyjson_val* value);
  static std::pair<std::string_view, yyjson_val*> Member(yyjson_val* name);

  yyjson_val* value_ = nullptr;
};

// Appends `text` as a quoted JSON string.
void AppendQuotedJson(std::string_view text, std::string& out);
std::string QuotedJson(std::string_view text);

// A JSON string that holds a JSON list of texts: the form that lists have among the parameters of a
// Delta commit.
std::string QuotedJsonList(const std::vector<std::string>& texts);

class JsonDocument {
 public:
  // kInvalidArgument with the byte offset if `text` is not one JSON value in UTF-8.
  static Result<JsonDocument> Parse(std::string_view text);

  JsonValue root() const;

 private:
  explicit JsonDocument(yyjson_doc* document);
  struct Free {
    void operator()(yyjson_doc* document) const;
  };
  std::unique_ptr<yyjson_doc, Free> document_;
};

template <typename Visit>
Status JsonValue::ForEachMember(Visit&& visit) const {
  if (kind() != JsonKind::kObject) return Status::OK();
  yyjson_val* name = FirstChild();
  for (size_t left = size(); left > 0; --left) {
    const auto [text, value] = Member(name);
    ARROW_RETURN_NOT_OK(visit(text, JsonValue(value)));
    name = Next(value);
  }
  return Status::OK();
}

template <typename Visit>
Status JsonValue::ForEachElement(Visit&& visit) const {
  if (kind() != JsonKind::kArray) return Status::OK();
  yyjson_val* element = FirstChild();
  for (size_t left = size(); left > 0; --left) {
    ARROW_RETURN_NOT_OK(visit(JsonValue(element)));
    element = Next(element);
  }
  return Status::OK();
}

}  // namespace deltaport::columnar
