#include "engine/spark_sql/spark_token.h"

#include <array>
#include <utility>

#include "columnar/utf8.h"

namespace deltaport::engine {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string UpperCase(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  }
  return text;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view sql) : sql_(sql) {}

  Result<std::vector<SparkToken>> Run();

 private:
  char Look(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  Status Refuse(std::string_view what) const {
    return Error(ErrorCode::kUnsupportedFeature, "{}{}", what, SparkPosition(at_));
  }
  Status SkipBlanks();
  Status ReadName();
  Status ReadText(char quote);
  Status ReadEscape(std::string& out);
  Status ReadNumber();
  Status ReadSymbol();
  void ReadWord();
  void Add(SparkToken::Kind kind, std::string text, std::string keyword = "") {
    tokens_.push_back({kind, std::move(text), std::move(keyword), start_});
  }

  const std::string_view sql_;
  size_t at_ = 0;
  size_t start_ = 0;
  std::vector<SparkToken> tokens_;
};

Result<std::vector<SparkToken>> Tokenizer::Run() {
  while (true) {
    ARROW_RETURN_NOT_OK(SkipBlanks());
    start_ = at_;
    if (at_ >= sql_.size()) break;
    const char c = Look();
    if (c == '`') {
      ARROW_RETURN_NOT_OK(ReadName());
    } else if (c == '\'' || c == '"') {
      ARROW_RETURN_NOT_OK(ReadText(c));
    } else if (IsDigit(c) ||
               (c == '.' && IsDigit(Look(1)) && !tokens_.empty() &&
                tokens_.back().kind != SparkToken::Kind::kQuotedName &&
                tokens_.back().kind != SparkToken::Kind::kWord) ||
               (c == '.' && IsDigit(Look(1)) && tokens_.empty())) {
      ARROW_RETURN_NOT_OK(ReadNumber());
    } else if (IsLetter(c)) {
      ReadWord();
    } else {
      ARROW_RETURN_NOT_OK(ReadSymbol());
    }
  }
  Add(SparkToken::Kind::kEnd, "");
  return std::move(tokens_);
}

Status Tokenizer::SkipBlanks() {
  while (Look() == ' ' || Look() == '\t' || Look() == '\n' || Look() == '\r') ++at_;
  const bool comment = (Look() == '-' && Look(1) == '-') || (Look() == '/' && Look(1) == '*');
  return comment ? Refuse("a comment in the expression") : Status::OK();
}

Status Tokenizer::ReadName() {
  std::string name;
  for (++at_; at_ < sql_.size(); ++at_) {
    if (Look() != '`') {
      name += Look();
    } else if (Look(1) == '`') {
      name += '`';
      ++at_;
    } else {
      ++at_;
      if (name.empty()) return Refuse("an empty name");
      Add(SparkToken::Kind::kQuotedName, std::move(name));
      return Status::OK();
    }
  }
  return Refuse("a name without its closing '`'");
}

Status Tokenizer::ReadText(char quote) {
  std::string text;
  ++at_;
  while (at_ < sql_.size() && Look() != quote) {
    if (Look() == '\\') {
      ARROW_RETURN_NOT_OK(ReadEscape(text));
    } else {
      text += sql_[at_++];
    }
  }
  if (at_ >= sql_.size()) return Refuse("a text without its closing quote");
  ++at_;
  if (Look() == quote) {
    return Refuse("two quotes in a row, which versions of Spark read differently (write \\'),");
  }
  if (!tokens_.empty() && tokens_.back().kind == SparkToken::Kind::kText) {
    return Refuse("two texts in a row");
  }
  if (!columnar::IsUtf8(text)) {
    return Refuse("a text that is not UTF-8");
  }
  Add(SparkToken::Kind::kText, std::move(text));
  return Status::OK();
}

// Source: unescapeSQLString of Spark's parser. Numbered characters are refused.
Status Tokenizer::ReadEscape(std::string& out) {
  constexpr std::array<std::pair<char, char>, 5> kEscapes = {
      {{'n', '\n'}, {'t', '\t'}, {'r', '\r'}, {'b', '\b'}, {'Z', '\x1a'}}};
  const char c = Look(1);
  if (c == '\0' || IsDigit(c) || c == 'u' || c == 'U') {
    return Refuse("an escape of a numbered character");
  }
  at_ += 2;
  for (const auto& [name, value] : kEscapes) {
    if (name == c) {
      out += value;
      return Status::OK();
    }
  }
  if (c == '%' || c == '_') out += '\\';  // They stay escaped, for LIKE.
  out += c;
  return Status::OK();
}

Status Tokenizer::ReadNumber() {
  while (IsDigit(Look())) ++at_;
  if (Look() == '.') {
    ++at_;
    while (IsDigit(Look())) ++at_;
  }
  if ((Look() | 0x20) == 'e' &&
      (IsDigit(Look(1)) || ((Look(1) == '+' || Look(1) == '-') && IsDigit(Look(2))))) {
    at_ += 2;
    while (IsDigit(Look())) ++at_;
  }
  while (IsLetter(Look()) || IsDigit(Look())) ++at_;  // Suffix, judged by the parser.
  Add(SparkToken::Kind::kNumber, UpperCase(std::string(sql_.substr(start_, at_ - start_))));
  return Status::OK();
}

void Tokenizer::ReadWord() {
  while (IsLetter(Look()) || IsDigit(Look())) ++at_;
  std::string word(sql_.substr(start_, at_ - start_));
  std::string keyword = UpperCase(word);
  Add(SparkToken::Kind::kWord, std::move(word), std::move(keyword));
}

Status Tokenizer::ReadSymbol() {
  constexpr std::array<std::string_view, 25> kSymbols = {
      "<=>", "<>", "!=", "<=", ">=", "==", "||", "=", "<", ">", "+", "-", "*",
      "/",   "%",  "(",  ")",  ",",  ".",  "!",  "~", "&", "|", "^", ":"};
  for (const auto symbol : kSymbols) {
    if (sql_.substr(at_).starts_with(symbol)) {
      at_ += symbol.size();
      Add(SparkToken::Kind::kSymbol, std::string(symbol), std::string(symbol));
      return Status::OK();
    }
  }
  return Refuse("a character that is not understood");
}

}  // namespace

Result<std::vector<SparkToken>> TokenizeSpark(std::string_view sql) { return Tokenizer(sql).Run(); }

std::string SparkPosition(size_t position) { return fmt::format(" at character {}", position + 1); }

}  // namespace deltaport::engine
