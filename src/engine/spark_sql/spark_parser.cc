#include "engine/spark_sql/spark_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/letter_case.h"
#include "engine/expression.h"
#include "engine/spark_sql/spark_token.h"

namespace deltaport::engine {
namespace {

using Node = std::unique_ptr<SparkNode>;
using TokenKind = SparkToken::Kind;

// Words that stand for themselves and never name a column without quotes.
bool IsReserved(std::string_view keyword) {
  constexpr std::array<std::string_view, 24> kWords = {
      "AND",  "AS",    "BETWEEN", "CASE", "DISTINCT", "DIV",    "ELSE",   "END",
      "FROM", "ILIKE", "IN",      "IS",   "LIKE",     "NOT",    "NULL",   "OR",
      "OVER", "RLIKE", "REGEXP",  "THEN", "WHEN",     "SELECT", "ESCAPE", "INTERVAL"};
  return std::find(kWords.begin(), kWords.end(), keyword) != kWords.end();
}

// The type of an integer literal without a suffix: the narrowest that holds it.
std::shared_ptr<arrow::DataType> IntegerType(const std::string& digits, bool negative) {
  const auto fits = [&](std::string_view max) {
    return digits.size() < max.size() || (digits.size() == max.size() && digits <= max);
  };
  if (fits(negative ? "2147483648" : "2147483647")) return arrow::int32();
  if (fits(negative ? "9223372036854775808" : "9223372036854775807")) return arrow::int64();
  if (digits.size() <= 38) return arrow::decimal128(static_cast<int>(digits.size()), 0);
  return nullptr;
}

class Parser : private SparkTokenCursor {
 public:
  explicit Parser(std::vector<SparkToken> tokens) : SparkTokenCursor(std::move(tokens)) {}

  Result<Node> Run() {
    ARROW_ASSIGN_OR_RAISE(auto node, ParseOr());
    if (Now().kind != TokenKind::kEnd) return Unexpected();
    return node;
  }

 private:
  Status Expect(std::string_view keyword) { return Take(keyword) ? Status::OK() : Unexpected(); }
  Status Unexpected() const {
    const auto& token = Now();
    return Error(
        ErrorCode::kUnsupportedFeature, "{}{}",
        token.kind == TokenKind::kEnd ? "the end of the text" : "'" + token.text + "' there",
        SparkPosition(token.position));
  }
  static Node Make(SparkNode::Kind kind, std::string text, size_t position) {
    auto node = std::make_unique<SparkNode>();
    node->kind = kind;
    node->text = std::move(text);
    node->position = position;
    return node;
  }
  template <typename... Children>
  static Node Call(std::string name, size_t position, Children... children) {
    auto node = Make(SparkNode::Kind::kCall, std::move(name), position);
    (node->children.push_back(std::move(children)), ...);
    return node;
  }
  static Node NegatedIf(bool negated, Node node) {
    const size_t position = node->position;
    return negated ? Call("not", position, std::move(node)) : std::move(node);
  }

  // Counts nesting for as long as it lives.
  class Level {
   public:
    explicit Level(int& depth) : depth_(++depth) {}
    ~Level() { --depth_; }

   private:
    int& depth_;
  };
  Status CheckDepth() const {
    if (depth_ <= kExpressionMaxDepth) return Status::OK();
    return Error(ErrorCode::kUnsupportedFeature, "nesting of more than {} levels",
                 kExpressionMaxDepth);
  }

  Result<Node> ParseOr();
  Result<Node> ParseAnd();
  Result<Node> ParseNot();
  Result<Node> ParsePredicated();
  Result<Node> ParsePredicate(Node value);
  Result<Node> ParseIn(Node value);
  Result<Node> ParseIs(Node value);
  Result<Node> ParseBinary(size_t level);
  Result<Node> ParseUnary();
  Result<Node> ParsePrimary();
  Result<Node> ParseAccess(Node node);
  Result<Node> ParseNumber(bool negative);
  Result<Node> ParseWord();
  Result<Node> ParseFunction();
  Result<Node> ParseCase();
  Result<Node> ParseCast();
  Result<std::shared_ptr<arrow::DataType>> ParseType();
  Result<std::shared_ptr<arrow::DataType>> ParseDecimal();

  int depth_ = 0;
};

Result<Node> Parser::ParseOr() {
  const Level level(depth_);
  ARROW_RETURN_NOT_OK(CheckDepth());
  ARROW_ASSIGN_OR_RAISE(auto left, ParseAnd());
  for (size_t position = Now().position; Take("OR"); position = Now().position) {
    ARROW_ASSIGN_OR_RAISE(auto right, ParseAnd());
    left = Call("or", position, std::move(left), std::move(right));
  }
  return left;
}

Result<Node> Parser::ParseAnd() {
  ARROW_ASSIGN_OR_RAISE(auto left, ParseNot());
  for (size_t position = Now().position; Take("AND"); position = Now().position) {
    ARROW_ASSIGN_OR_RAISE(auto right, ParseNot());
    left = Call("and", position, std::move(left), std::move(right));
  }
  return left;
}

Result<Node> Parser::ParseNot() {
  const Level level(depth_);
  ARROW_RETURN_NOT_OK(CheckDepth());
  const size_t position = Now().position;
  if (!Take("NOT") && !Take("!")) return ParsePredicated();
  ARROW_ASSIGN_OR_RAISE(auto child, ParseNot());
  return Call("not", position, std::move(child));
}

Result<Node> Parser::ParsePredicated() {
  ARROW_ASSIGN_OR_RAISE(auto value, ParseBinary(0));
  return ParsePredicate(std::move(value));
}

Result<Node> Parser::ParsePredicate(Node value) {
  const size_t position = Now().position;
  if (Is("IS")) return ParseIs(std::move(value));
  const bool negated = Is("NOT") || Is("!");
  const size_t word = negated ? 1 : 0;
  const bool known = Is("BETWEEN", word) || Is("IN", word) || Is("LIKE", word) ||
                     Is("ILIKE", word) || Is("RLIKE", word) || Is("REGEXP", word);
  if (!known) return value;
  if (negated) Skip();
  if (Is("IN")) {
    ARROW_ASSIGN_OR_RAISE(auto node, ParseIn(std::move(value)));
    return NegatedIf(negated, std::move(node));
  }
  std::string name = LowerCase(Now().keyword);
  if (name == "regexp") name = "rlike";
  Skip();
  ARROW_ASSIGN_OR_RAISE(auto first, ParseBinary(0));
  if (name == "between") {
    ARROW_RETURN_NOT_OK(Expect("AND"));
    ARROW_ASSIGN_OR_RAISE(auto second, ParseBinary(0));
    return NegatedIf(negated, Call(std::move(name), position, std::move(value), std::move(first),
                                   std::move(second)));
  }
  return NegatedIf(negated, Call(std::move(name), position, std::move(value), std::move(first)));
}

Result<Node> Parser::ParseIn(Node value) {
  auto node = Call("in", Now().position, std::move(value));
  Skip();
  ARROW_RETURN_NOT_OK(Expect("("));
  do {
    ARROW_ASSIGN_OR_RAISE(node->children.emplace_back(), ParseOr());
  } while (Take(","));
  ARROW_RETURN_NOT_OK(Expect(")"));
  return node;
}

Result<Node> Parser::ParseIs(Node value) {
  const size_t position = Now().position;
  Skip();
  const bool negated = Take("NOT");
  std::string name;
  if (Take("NULL")) {
    name = "isnull";
  } else if (Take("TRUE")) {
    name = "is true";
  } else if (Take("FALSE")) {
    name = "is false";
  } else if (Take("DISTINCT")) {
    ARROW_RETURN_NOT_OK(Expect("FROM"));
    ARROW_ASSIGN_OR_RAISE(auto other, ParseBinary(0));
    return NegatedIf(!negated, Call("<=>", position, std::move(value), std::move(other)));
  } else {
    return Unexpected();
  }
  return NegatedIf(negated, Call(std::move(name), position, std::move(value)));
}

// Binary operators, those that bind least first.
Result<Node> Parser::ParseBinary(size_t level) {
  static const std::array<std::vector<std::string_view>, 6> kLevels = {{
      {"=", "==", "<>", "!=", "<", "<=", ">", ">=", "<=>"},
      {"|"},
      {"^"},
      {"&"},
      {"+", "-", "||"},
      {"*", "/", "%", "DIV"},
  }};
  if (level == kLevels.size()) return ParseUnary();
  ARROW_ASSIGN_OR_RAISE(auto left, ParseBinary(level + 1));
  while (std::find(kLevels[level].begin(), kLevels[level].end(), Now().keyword) !=
             kLevels[level].end() &&
         !Now().keyword.empty()) {
    const size_t position = Now().position;
    std::string name = LowerCase(Now().keyword);
    if (name == "==") name = "=";
    if (name == "!=") name = "<>";
    Skip();
    ARROW_ASSIGN_OR_RAISE(auto right, ParseBinary(level + 1));
    left = Call(std::move(name), position, std::move(left), std::move(right));
  }
  return left;
}

Result<Node> Parser::ParseUnary() {
  const Level level(depth_);
  ARROW_RETURN_NOT_OK(CheckDepth());
  const size_t position = Now().position;
  if (Is("-") && Now(1).kind == TokenKind::kNumber) {
    Skip();
    return ParseNumber(true);
  }
  for (const char* symbol : {"-", "+", "~"}) {
    if (!Take(symbol)) continue;
    ARROW_ASSIGN_OR_RAISE(auto child, ParseUnary());
    return Call(std::string("unary ") + symbol, position, std::move(child));
  }
  ARROW_ASSIGN_OR_RAISE(auto node, ParsePrimary());
  return ParseAccess(std::move(node));
}

// `.field` after a value; columns take their names themselves.
Result<Node> Parser::ParseAccess(Node node) {
  while (Take(".")) {
    if (Now().kind != TokenKind::kWord && Now().kind != TokenKind::kQuotedName) return Unexpected();
    const size_t position = Now().position;
    auto field = Make(SparkNode::Kind::kLiteral, Now().text, position);
    field->type = arrow::utf8();
    Skip();
    node = Call(".", position, std::move(node), std::move(field));
  }
  return node;
}

Result<Node> Parser::ParsePrimary() {
  const auto& token = Now();
  switch (token.kind) {
    case TokenKind::kText: {
      auto node = Make(SparkNode::Kind::kLiteral, token.text, token.position);
      node->type = arrow::utf8();
      Skip();
      return node;
    }
    case TokenKind::kNumber:
      return ParseNumber(false);
    case TokenKind::kQuotedName:
    case TokenKind::kWord:
      return ParseWord();
    case TokenKind::kSymbol:
      if (Take("(")) {
        ARROW_ASSIGN_OR_RAISE(auto node, ParseOr());
        ARROW_RETURN_NOT_OK(Expect(")"));
        return node;
      }
      return Unexpected();
    case TokenKind::kEnd:
      break;
  }
  return Unexpected();
}

Result<Node> Parser::ParseNumber(bool negative) {
  const auto& token = Now();
  std::string digits = token.text;
  const size_t end = digits.find_first_not_of("0123456789.E+-");
  const size_t exponent = digits.find('E');
  std::string suffix = end == std::string::npos ? "" : digits.substr(end);
  digits.resize(digits.size() - suffix.size());
  const size_t point = digits.find('.');
  const bool whole = point == std::string::npos && exponent == std::string::npos;
  auto node = Make(SparkNode::Kind::kLiteral, "", token.position);
  if (whole) digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (suffix == "L" && whole && digits.size() < 19) {
    node->type = arrow::int64();
  } else if (suffix == "S" && whole && digits.size() < 5) {
    node->type = arrow::int16();
  } else if (suffix == "Y" && whole && digits.size() < 3) {
    node->type = arrow::int8();
  } else if (suffix == "D" || (suffix.empty() && exponent != std::string::npos)) {
    node->type = arrow::float64();
  } else if (suffix.empty() && whole) {
    node->type = IntegerType(digits, negative);
  } else if ((suffix.empty() || suffix == "BD") && exponent == std::string::npos) {
    // Precision and scale of the digits as written, as Java's BigDecimal has them.
    const std::string before = digits.substr(0, std::min(point, digits.size()));
    const auto scale = static_cast<int>(whole ? 0 : digits.size() - point - 1);
    const size_t zeros = std::min(before.find_first_not_of('0'), before.size());
    const int precision = std::max({1, scale, static_cast<int>(before.size() - zeros) + scale});
    if (precision <= 38) node->type = arrow::decimal128(precision, scale);
  }
  if (node->type == nullptr) return Unexpected();
  node->text = (negative ? "-" : "") + digits;
  Skip();
  return node;
}

Result<Node> Parser::ParseWord() {
  const auto& token = Now();
  const std::string& word = token.keyword;
  if (word == "TRUE" || word == "FALSE" || word == "NULL") {
    auto node = Make(SparkNode::Kind::kLiteral, LowerCase(word), token.position);
    if (word != "NULL") node->type = arrow::boolean();
    Skip();
    return node;
  }
  if (word == "CASE") return ParseCase();
  if (word == "CAST" && Is("(", 1)) return ParseCast();
  if (Now(1).kind == TokenKind::kText) {
    auto node = Make(SparkNode::Kind::kLiteral, Now(1).text, token.position);
    if (word == "DATE") node->type = arrow::date32();
    if (word == "TIMESTAMP_NTZ") node->type = arrow::timestamp(arrow::TimeUnit::MICRO);
    if (word == "TIMESTAMP" || word == "TIMESTAMP_LTZ") {
      node->type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    }
    if (node->type == nullptr) return Unexpected();
    Skip(2);
    return node;
  }
  if (token.kind == TokenKind::kWord && IsReserved(word)) return Unexpected();
  if (Is("(", 1)) return ParseFunction();
  auto node = Make(SparkNode::Kind::kColumn, "", token.position);
  do {
    if (Now().kind != TokenKind::kWord && Now().kind != TokenKind::kQuotedName) return Unexpected();
    node->names.push_back(Now().text);
    Skip();
  } while (Take("."));
  // A word without quotes may be a function without parentheses.
  if (node->names.size() == 1 && token.kind == TokenKind::kWord) node->text = LowerCase(word);
  return node;
}

Result<Node> Parser::ParseFunction() {
  if (Now().kind != TokenKind::kWord) return Unexpected();
  auto node = Call(LowerCase(Now().keyword), Now().position);
  Skip(2);
  if (Take(")")) return node;
  do {
    ARROW_ASSIGN_OR_RAISE(node->children.emplace_back(), ParseOr());
  } while (Take(","));
  ARROW_RETURN_NOT_OK(Expect(")"));
  return node;
}

Result<Node> Parser::ParseCase() {
  auto node = Make(SparkNode::Kind::kCase, "", Now().position);
  Skip();
  if (!Is("WHEN")) {
    return Error(ErrorCode::kUnsupportedFeature, "CASE with an operand{}",
                 SparkPosition(node->position));
  }
  while (Take("WHEN")) {
    ARROW_ASSIGN_OR_RAISE(node->children.emplace_back(), ParseOr());
    ARROW_RETURN_NOT_OK(Expect("THEN"));
    ARROW_ASSIGN_OR_RAISE(node->children.emplace_back(), ParseOr());
  }
  if (Take("ELSE")) {
    ARROW_ASSIGN_OR_RAISE(node->children.emplace_back(), ParseOr());
  }
  ARROW_RETURN_NOT_OK(Expect("END"));
  return node;
}

Result<Node> Parser::ParseCast() {
  auto node = Make(SparkNode::Kind::kCast, "", Now().position);
  Skip(2);
  ARROW_ASSIGN_OR_RAISE(node->children.emplace_back(), ParseOr());
  ARROW_RETURN_NOT_OK(Expect("AS"));
  ARROW_ASSIGN_OR_RAISE(node->type, ParseType());
  ARROW_RETURN_NOT_OK(Expect(")"));
  return node;
}

Result<std::shared_ptr<arrow::DataType>> Parser::ParseType() {
  const std::string word = Now().keyword;
  if (word == "DECIMAL" || word == "DEC" || word == "NUMERIC") return ParseDecimal();
  std::shared_ptr<arrow::DataType> type;
  if (word == "BOOLEAN") type = arrow::boolean();
  if (word == "TINYINT" || word == "BYTE") type = arrow::int8();
  if (word == "SMALLINT" || word == "SHORT") type = arrow::int16();
  if (word == "INT" || word == "INTEGER") type = arrow::int32();
  if (word == "BIGINT" || word == "LONG") type = arrow::int64();
  if (word == "FLOAT" || word == "REAL") type = arrow::float32();
  if (word == "DOUBLE") type = arrow::float64();
  if (word == "STRING") type = arrow::utf8();
  if (word == "BINARY") type = arrow::binary();
  if (word == "DATE") type = arrow::date32();
  if (word == "TIMESTAMP_NTZ") type = arrow::timestamp(arrow::TimeUnit::MICRO);
  if (word == "TIMESTAMP" || word == "TIMESTAMP_LTZ") {
    type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  }
  if (type == nullptr) return Unexpected();
  Skip();
  return type;
}

Result<std::shared_ptr<arrow::DataType>> Parser::ParseDecimal() {
  Skip();
  int numbers[2] = {10, 0};
  if (Take("(")) {
    for (int& number : numbers) {
      if (Now().kind != TokenKind::kNumber || Now().text.size() > 2 ||
          Now().text.find_first_not_of("0123456789") != std::string::npos) {
        return Unexpected();
      }
      number = std::stoi(Now().text);
      Skip();
      if (!Take(",")) break;
    }
    ARROW_RETURN_NOT_OK(Expect(")"));
  }
  if (numbers[0] < 1 || numbers[0] > 38 || numbers[1] > numbers[0]) {
    return Error(ErrorCode::kUnsupportedFeature, "the type decimal({},{})", numbers[0], numbers[1]);
  }
  return arrow::decimal128(numbers[0], numbers[1]);
}

}  // namespace

Result<std::unique_ptr<SparkNode>> ParseSparkTree(std::string_view sql) {
  ARROW_ASSIGN_OR_RAISE(auto tokens, TokenizeSpark(sql));
  return Parser(std::move(tokens)).Run();
}

}  // namespace deltaport::engine
