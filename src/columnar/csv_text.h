// One field of a CSV file (RFC 4180).
//
// Quoted if it holds a comma, a quote or a line break, or is empty: an empty field without quotes
// is a null.

#pragma once

#include <string>
#include <string_view>

namespace deltaport::columnar {

// `out` must have 2 × size + 2 bytes; returns the end.
char* PutCsvText(char* out, std::string_view text);

void AppendCsvText(std::string_view text, std::string& out);

}  // namespace deltaport::columnar
