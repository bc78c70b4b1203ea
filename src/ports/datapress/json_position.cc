#include "ports/datapress/json_position.h"

#include <algorithm>

#include <fmt/format.h>

namespace deltaport::ports::datapress {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsPunctuation(char c) { return c == ',' || c == ':' || c == ']' || c == '}'; }

// Offset behind the token that begins at `start`: a string, a bracket, a sign, or a word.
size_t TokenEnd(std::string_view text, size_t start) {
  const char first = text[start];
  size_t end = start + 1;
  if (first == '"') {
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text.size());
  }
  if (IsPunctuation(first) || first == '[' || first == '{') return end;
  while (end < text.size() && !IsSpace(text[end]) && !IsPunctuation(text[end]) &&
         text[end] != '[' && text[end] != '{' && text[end] != '"') {
    ++end;
  }
  return end;
}

size_t SkipSpace(std::string_view text, size_t offset) {
  while (offset < text.size() && IsSpace(text[offset])) ++offset;
  return offset;
}

// Offset behind the container that begins at `start`.
size_t ContainerEnd(std::string_view text, size_t start) {
  int depth = 0;
  for (size_t at = start; at < text.size();) {
    const char c = text[at];
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    at = TokenEnd(text, at);
    if (depth == 0) return at;
    at = SkipSpace(text, at);
  }
  return text.size();
}

}  // namespace

std::string PositionText(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
  return fmt::format(" at line {} column {}", line, before.size() - line_start);
}

size_t FindValue(std::string_view text, size_t ordinal, bool at_end) {
  size_t count = 0;
  for (size_t at = SkipSpace(text, 0); at < text.size();) {
    const char c = text[at];
    if (!IsPunctuation(c)) {
      if (count == ordinal) {
        if (c != '[' && c != '{') return TokenEnd(text, at);
        return at_end ? ContainerEnd(text, at) : at;
      }
      ++count;
    }
    at = SkipSpace(text, TokenEnd(text, at));
  }
  return text.size();
}

std::optional<size_t> FindTooDeep(std::string_view text, int depth_max) {
  int depth = 0;
  for (size_t at = SkipSpace(text, 0); at < text.size();) {
    const char c = text[at];
    if ((c == '[' || c == '{') && ++depth > depth_max) return at + 1;
    if (c == ']' || c == '}') --depth;
    at = SkipSpace(text, TokenEnd(text, at));
  }
  return std::nullopt;
}

std::string_view ExpectationAt(std::string_view text, size_t offset) {
  // The open containers, innermost last, and the two tokens before `offset`.
  std::string open;
  char last = 0;
  char before_last = 0;
  bool in_string = false;
  for (size_t at = SkipSpace(text, 0); at < offset;) {
    const char c = text[at];
    const size_t end = TokenEnd(text, at);
    in_string = c == '"' && (end > offset || end - at < 2 || text[end - 1] != '"');
    if (c == '[' || c == '{') open += c;
    if ((c == ']' || c == '}') && !open.empty()) open.pop_back();
    before_last = last;
    last = c;
    at = SkipSpace(text, end);
  }
  const char innermost = open.empty() ? 0 : open.back();
  const bool at_name_end = innermost == '{' && last == '"' && before_last != ':';
  if (offset >= text.size()) {
    if (in_string) return "EOF while parsing a string";
    if (innermost == 0 || last == ':') return "EOF while parsing a value";
    return innermost == '[' ? "EOF while parsing a list" : "EOF while parsing an object";
  }
  const char found = text[offset];
  if (last == ',' && (found == ']' || found == '}')) return "trailing comma";
  if (innermost == '{' && (last == '{' || last == ',')) return "key must be a string";
  if (at_name_end) return "expected `:`";
  if (last == 0 || last == '[' || last == ',' || last == ':') return "expected value";
  if (innermost == 0) return "trailing characters";
  return innermost == '[' ? "expected `,` or `]`" : "expected `,` or `}`";
}

}  // namespace deltaport::ports::datapress
