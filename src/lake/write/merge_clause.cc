#include "lake/write/merge_clause.h"

#include <algorithm>

namespace deltaport::lake {
namespace {

struct Token {
  std::string_view text;
  size_t offset = 0;
  bool word = false;  // A bare word: keyword, name or number.
  int depth = 0;      // Of parentheses, brackets and CASE … END around it.
};

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool SameWord(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == (b >= 'A' && b <= 'Z' ? b | 0x20 : b);
  });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

Status Expected(std::string_view what, std::string_view text, size_t offset) {
  const auto found = Trimmed(text.substr(std::min(offset, text.size())));
  return Error(ErrorCode::kInvalidArgument, "expected {} at character {} of '{}', found {}", what,
               offset + 1, text,
               found.empty() ? "its end" : fmt::format("'{}'", found.substr(0, 40)));
}

// Length of the quoted piece that `text` begins with, or nullopt if it does not end. A quote inside
// is written twice.
std::optional<size_t> QuotedLength(std::string_view text) {
  const char quote = text.front();
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != quote) continue;
    if (i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
    ++i;
  }
  return std::nullopt;
}

Result<std::vector<Token>> Tokens(std::string_view text) {
  if (text.size() > kClauseMaxBytes) {
    return Error(ErrorCode::kResourceExhausted, "a clause has {} bytes; at most {} are allowed",
                 text.size(), kClauseMaxBytes);
  }
  std::vector<Token> tokens;
  int depth = 0;
  for (size_t i = 0; i < text.size();) {
    if (IsSpace(text[i])) {
      ++i;
      continue;
    }
    Token token{text.substr(i, 1), i, IsWordCharacter(text[i]), depth};
    if (token.word) {
      size_t end = i;
      while (end < text.size() && IsWordCharacter(text[end])) ++end;
      token.text = text.substr(i, end - i);
      if (SameWord(token.text, "case")) ++depth;
      if (SameWord(token.text, "end") && depth > 0) token.depth = --depth;
    } else if (text[i] == '\'' || text[i] == '"' || text[i] == '`') {
      const auto length = QuotedLength(text.substr(i));
      if (!length) return Expected("the closing quote", text, text.size());
      token.text = text.substr(i, *length);
    } else if (text[i] == '(' || text[i] == '[' || text[i] == '{') {
      ++depth;
    } else if (text[i] == ')' || text[i] == ']' || text[i] == '}') {
      if (depth == 0) return Expected("no closing bracket", text, i);
      token.depth = --depth;
    }
    i += token.text.size();
    tokens.push_back(token);
  }
  return tokens;
}

// Reads the frame of a clause from left to right.
class ClauseReader {
 public:
  static Result<ClauseReader> Open(std::string_view text) {
    ARROW_ASSIGN_OR_RAISE(auto tokens, Tokens(text));
    return ClauseReader(text, std::move(tokens));
  }

  bool AtEnd() const { return next_ >= tokens_.size(); }
  size_t offset() const { return AtEnd() ? text_.size() : tokens_[next_].offset; }
  Status Missing(std::string_view what) const { return Expected(what, text_, offset()); }

  bool Take(std::string_view word_or_sign) {
    if (AtEnd() || !SameWord(tokens_[next_].text, word_or_sign)) return false;
    ++next_;
    return true;
  }

  Status Need(std::string_view word_or_sign) {
    return Take(word_or_sign) ? Status::OK() : Missing(fmt::format("'{}'", word_or_sign));
  }

  // A column's name, quoted or not. A relation before it is left out.
  Result<std::string> Name() {
    ARROW_ASSIGN_OR_RAISE(auto name, OneName());
    while (Take(".")) {
      ARROW_ASSIGN_OR_RAISE(name, OneName());
    }
    return name;
  }

  // Everything up to one of `ends` outside of brackets, which is not taken, or to the end.
  Result<std::string> Expression(std::initializer_list<std::string_view> ends) {
    const size_t begin = offset();
    const int depth = AtEnd() ? 0 : tokens_[next_].depth;
    while (!AtEnd() && !(Ends(tokens_[next_], depth) && IsOneOf(tokens_[next_].text, ends))) {
      ++next_;
    }
    auto expression = Trimmed(text_.substr(begin, offset() - begin));
    if (expression.empty()) return Missing("an expression");
    return std::string(expression);
  }

 private:
  ClauseReader(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  static bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return SameWord(text, word); });
  }

  // Whether the token can end an expression that began at `depth`. A closing bracket has the depth
  // outside of it, so that of a call inside of the expression does not.
  static bool Ends(const Token& token, int depth) {
    return token.text == ")" ? token.depth < depth : token.depth == depth;
  }

  Result<std::string> OneName() {
    if (AtEnd()) return Missing("a column name");
    const auto& token = tokens_[next_];
    const char first = token.text.front();
    if (token.word) {
      ++next_;
      return std::string(token.text);
    }
    if (first != '"' && first != '`') return Missing("a column name");
    std::string name;
    for (size_t i = 1; i + 1 < token.text.size(); ++i) {
      name += token.text[i];
      if (token.text[i] == first) ++i;
    }
    ++next_;
    return name;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
};

Status CheckUnique(const std::vector<Assignment>& assignments) {
  for (size_t i = 0; i < assignments.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (SameWord(assignments[i].column, assignments[j].column)) {
        return Error(ErrorCode::kInvalidArgument, "column '{}' is set twice",
                     assignments[i].column);
      }
    }
  }
  return Status::OK();
}

Result<std::vector<Assignment>> ReadAssignments(ClauseReader& reader) {
  std::vector<Assignment> assignments;
  do {
    Assignment assignment;
    ARROW_ASSIGN_OR_RAISE(assignment.column, reader.Name());
    ARROW_RETURN_NOT_OK(reader.Need("="));
    ARROW_ASSIGN_OR_RAISE(assignment.expression, reader.Expression({","}));
    assignments.push_back(std::move(assignment));
  } while (reader.Take(","));
  ARROW_RETURN_NOT_OK(CheckUnique(assignments));
  return assignments;
}

Result<std::vector<Assignment>> ReadInsert(ClauseReader& reader) {
  ARROW_RETURN_NOT_OK(reader.Need("("));
  std::vector<Assignment> assignments;
  do {
    ARROW_ASSIGN_OR_RAISE(auto column, reader.Name());
    assignments.push_back({std::move(column), ""});
  } while (reader.Take(","));
  ARROW_RETURN_NOT_OK(reader.Need(")"));
  ARROW_RETURN_NOT_OK(reader.Need("values"));
  ARROW_RETURN_NOT_OK(reader.Need("("));
  for (size_t i = 0; i < assignments.size(); ++i) {
    if (i > 0) ARROW_RETURN_NOT_OK(reader.Need(","));
    ARROW_ASSIGN_OR_RAISE(assignments[i].expression, reader.Expression({",", ")"}));
  }
  ARROW_RETURN_NOT_OK(reader.Need(")"));
  ARROW_RETURN_NOT_OK(CheckUnique(assignments));
  return assignments;
}

Status ReadAction(ClauseReader& reader, MergeClause& clause) {
  const bool inserts = clause.when == MergeWhen::kNotMatched;
  if (inserts) {
    if (!reader.Take("insert")) return reader.Missing("'insert'");
    clause.action = MergeAction::kInsert;
    clause.all_columns = reader.Take("*");
    if (clause.all_columns) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(clause.assignments, ReadInsert(reader));
    return Status::OK();
  }
  if (reader.Take("delete")) {
    clause.action = MergeAction::kDelete;
    return Status::OK();
  }
  if (!reader.Take("update")) return reader.Missing("'update' or 'delete'");
  clause.action = MergeAction::kUpdate;
  const bool set = reader.Take("set");
  if (clause.when == MergeWhen::kMatched && reader.Take("*")) {
    clause.all_columns = true;
    return Status::OK();
  }
  if (!set) {
    return reader.Missing(clause.when == MergeWhen::kMatched ? "'*' or 'set'" : "'set'");
  }
  ARROW_ASSIGN_OR_RAISE(clause.assignments, ReadAssignments(reader));
  return Status::OK();
}

}  // namespace

bool IsDefault(std::string_view expression) { return SameWord(Trimmed(expression), "default"); }

Result<std::vector<Assignment>> ParseAssignments(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(auto reader, ClauseReader::Open(text));
  ARROW_ASSIGN_OR_RAISE(auto assignments, ReadAssignments(reader));
  if (!reader.AtEnd()) return reader.Missing("',' or the end");
  return assignments;
}

Result<MergeClause> ParseMergeClause(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(auto reader, ClauseReader::Open(text));
  MergeClause clause;
  reader.Take("when");
  if (reader.Take("not")) {
    clause.when = MergeWhen::kNotMatched;
    ARROW_RETURN_NOT_OK(reader.Need("matched"));
    if (reader.Take("by")) {
      if (reader.Take("source")) {
        clause.when = MergeWhen::kNotMatchedBySource;
      } else if (!reader.Take("target")) {
        return reader.Missing("'source' or 'target'");
      }
    }
  } else {
    if (!reader.Take("matched")) return reader.Missing("'matched' or 'not matched'");
  }
  if (reader.Take("and")) {
    ARROW_ASSIGN_OR_RAISE(clause.condition, reader.Expression({"then"}));
  }
  ARROW_RETURN_NOT_OK(reader.Need("then"));
  ARROW_RETURN_NOT_OK(ReadAction(reader, clause));
  if (!reader.AtEnd()) return reader.Missing("the end");
  return clause;
}

}  // namespace deltaport::lake
