// Finds places in JSON text, and says what is wrong at them.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace deltaport::ports::datapress {

// " at line 1 column 16": the column is the number of bytes of that line up to `offset`.
std::string PositionText(std::string_view text, size_t offset);

// Where the value ends, or where it begins if it is a list or an object and `at_end` is false.
// `ordinal` counts values and member names of the valid JSON `text` in order, from 0.
size_t FindValue(std::string_view text, size_t ordinal, bool at_end);

// Offset behind the bracket that nests deeper than `depth_max`; nullopt if none does.
std::optional<size_t> FindTooDeep(std::string_view text, int depth_max);

// What a reader that came to `offset` and could not go on would have needed: "key must be a
// string", "expected `,` or `}`", "EOF while parsing a list".
std::string_view ExpectationAt(std::string_view text, size_t offset);

}  // namespace deltaport::ports::datapress
