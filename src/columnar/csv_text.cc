#include "columnar/csv_text.h"

#include <cstring>

namespace deltaport::columnar {

char* PutCsvText(char* out, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }
  *out++ = '"';
  for (const char c : text) {
    if (c == '"') *out++ = '"';
    *out++ = c;
  }
  *out++ = '"';
  return out;
}

void AppendCsvText(std::string_view text, std::string& out) {
  const size_t before = out.size();
  out.resize(before + 2 * text.size() + 2);
  const char* const end = PutCsvText(out.data() + before, text);
  out.resize(static_cast<size_t>(end - out.data()));
}

}  // namespace deltaport::columnar
