#include "cli/cell_text.h"

#include <cwchar>

#include <arrow/scalar.h>
#include <arrow/type_traits.h>

#include "columnar/json_rows.h"

namespace deltaport::cli {
namespace {

// Length in bytes and columns of the first character. Bytes that are not UTF-8 take one column.
struct Character {
  size_t bytes;
  int columns;
};

Character FirstCharacter(std::string_view text) {
  wchar_t wide = 0;
  std::mbstate_t state{};
  const size_t bytes = std::mbrtowc(&wide, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, 1};
  return {bytes, std::max(0, wcwidth(wide))};
}

}  // namespace

Result<std::string> CellText(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return std::string();
  ARROW_ASSIGN_OR_RAISE(const auto scalar, array.GetScalar(row));
  const auto type = array.type_id();
  if (type == arrow::Type::STRING || type == arrow::Type::LARGE_STRING ||
      type == arrow::Type::STRING_VIEW) {
    return static_cast<const arrow::BaseBinaryScalar&>(*scalar).value->ToString();
  }
  ARROW_ASSIGN_OR_RAISE(std::string json, columnar::ScalarToJson(*scalar));
  // Dates, times and decimals are strings in JSON; they hold nothing that was escaped.
  const bool quoted = json.size() >= 2 && json.front() == '"' && json.back() == '"' &&
                      json.find('\\') == std::string::npos;
  return quoted ? json.substr(1, json.size() - 2) : json;
}

std::string PrintableText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    width += character.columns;
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string CutToWidth(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::string out;
  int used = 0;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    if (used + character.columns > width - 1) break;
    used += character.columns;
    out += text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
  }
  return width > 0 ? out + "…" : std::string();
}

}  // namespace deltaport::cli
