// Text of a Spark SQL expression as tokens.

#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
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

// Goes through tokens one by one: what parsers by recursive descent are made of.
class SparkTokenCursor {
 public:
  // `tokens` as TokenizeSpark gives them; at their end the cursor stays.
  explicit SparkTokenCursor(std::vector<SparkToken> tokens) : tokens_(std::move(tokens)) {}

  const SparkToken& Now(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool Is(std::string_view keyword, size_t ahead = 0) const {
    return Now(ahead).keyword == keyword;
  }
  bool Take(std::string_view keyword) {
    if (!Is(keyword)) return false;
    Skip();
    return true;
  }
  void Skip(size_t count = 1) { at_ = std::min(at_ + count, tokens_.size() - 1); }
  std::string TakeText() {
    std::string text = Now().text;
    Skip();
    return text;
  }

 private:
  std::vector<SparkToken> tokens_;
  size_t at_ = 0;
};

// " at character 7", counted from 1.
std::string SparkPosition(size_t position);

}  // namespace deltaport::engine
