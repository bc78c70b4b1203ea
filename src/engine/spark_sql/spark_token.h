// Text of a Spark SQL expression as tokens.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace deltaport::engine {

struct SparkToken {
  enum class Kind { kWord, kQuotedName, kText, kNumber, kSymbol, kEnd };

  Kind kind = Kind::kEnd;
  std::string text;     // Words as written, names and texts without quotes and escapes.
  std::string keyword;  // Words in upper case; symbols; empty for all others.
  size_t position = 0;  // In bytes.
};

// The tokens, the last of which is kEnd. Escapes in texts are those of Spark with its default
// settings. kUnsupportedFeature for characters and forms that are not understood, among them two
// quotes in a row, which versions of Spark read differently.
Result<std::vector<SparkToken>> TokenizeSpark(std::string_view sql);

// " at character 7", counted from 1.
std::string SparkPosition(size_t position);

}  // namespace deltaport::engine
