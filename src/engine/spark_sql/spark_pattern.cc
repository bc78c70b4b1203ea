// LIKE, RLIKE and date_format() with literal patterns.
//
// Java's regular expressions and RE2 agree on the forms that are let through here, after `.`, `$`
// and `\s` have been written out.

#include <array>

#include "engine/query_sql.h"
#include "engine/spark_sql/spark_operand.h"

namespace deltaport::engine {
namespace {

constexpr std::string_view kNoLineEnd = "[^\\n\\r\\x{0085}\\x{2028}\\x{2029}]";
constexpr std::string_view kTextEnd = "(?:\\r\\n|[\\n\\r\\x{0085}\\x{2028}\\x{2029}])?\\z";
constexpr std::string_view kBlanks = " \\t\\n\\x0B\\f\\r";

Status NoPattern(std::string_view pattern, std::string_view what) {
  return SparkRefusal("the pattern '{}' with {}", pattern, what);
}

Status CheckTexts(std::string_view name, const SparkOperand& text, const SparkOperand& pattern) {
  if (IsTextType(*text.type) && pattern.literal != nullptr && IsTextType(*pattern.type)) {
    return Status::OK();
  }
  return SparkRefusal("{} of anything but a text and a pattern that is written out", name);
}

class RegularExpression {
 public:
  explicit RegularExpression(std::string_view pattern) : pattern_(pattern) {}

  Result<std::string> Run();

 private:
  char Look(size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
  }
  Status Refuse(std::string_view what) const { return NoPattern(pattern_, what); }
  Status ReadEscape(bool in_class);
  Status ReadClass();
  Status ReadCount();
  Status ReadGroup();
  Status ReadQuantified();

  const std::string_view pattern_;
  size_t at_ = 0;
  int depth_ = 0;
  std::string out_;
};

Result<std::string> RegularExpression::Run() {
  while (at_ < pattern_.size()) {
    const char c = Look();
    switch (c) {
      case '\\':
        ARROW_RETURN_NOT_OK(ReadEscape(false));
        break;
      case '[':
        ARROW_RETURN_NOT_OK(ReadClass());
        break;
      case '(':
        ARROW_RETURN_NOT_OK(ReadGroup());
        break;
      case ')':
        if (--depth_ < 0) return Refuse("a ')' too many");
        out_ += c;
        ++at_;
        break;
      case '.':
        out_ += kNoLineEnd;
        ++at_;
        break;
      case '$':
        if (at_ + 1 != pattern_.size() || depth_ > 0) return Refuse("'$' before its end");
        out_ += kTextEnd;
        ++at_;
        break;
      case '^':
        if (at_ > 0) return Refuse("'^' after its start");
        out_ += "\\A";
        ++at_;
        break;
      case '*':
      case '+':
      case '?':
      case '{':
        ARROW_RETURN_NOT_OK(ReadQuantified());
        break;
      case ']':
      case '}':
        return Refuse("a bracket that was not opened");
      case '\r':
        return Refuse("a carriage return");
      default:
        out_ += c;
        ++at_;
    }
  }
  if (depth_ > 0) return Refuse("a '(' that stays open");
  return std::move(out_);
}

Status RegularExpression::ReadEscape(bool in_class) {
  const char c = Look(1);
  at_ += 2;
  if (c == 's') {
    out_ += in_class ? std::string(kBlanks) : fmt::format("[{}]", kBlanks);
  } else if (c == 'S' && !in_class) {
    out_ += fmt::format("[^{}]", kBlanks);
  } else if (c == 'd' || c == 'w' || c == 't' || c == 'n' ||
             (!in_class && (c == 'D' || c == 'W')) ||
             std::string_view(".\\+*?()[]{}|^$-/_@#&%,:;!~'\" <>=").find(c) !=
                 std::string_view::npos) {
    // Signs that need no escape in Java need none in RE2 either, and may not be words there.
    if (c == '_' || c == '"' || c == '\'') {
      out_ += c;
    } else {
      out_ += '\\';
      out_ += c;
    }
  } else {
    return Refuse(fmt::format("'\\{}'", c));
  }
  return Status::OK();
}

Status RegularExpression::ReadClass() {
  out_ += '[';
  ++at_;
  if (Look() == '^') {
    out_ += '^';
    ++at_;
  }
  bool empty = true;
  while (Look() != ']' || empty) {
    const char c = Look();
    if (c == '\0' || c == '[' || c == ']' || (c == '&' && Look(1) == '&') || c == '^') {
      return Refuse("a class of characters that is not understood");
    }
    empty = false;
    if (c == '\\') {
      ARROW_RETURN_NOT_OK(ReadEscape(true));
      continue;
    }
    out_ += c;
    ++at_;
  }
  out_ += ']';
  ++at_;
  return Status::OK();
}

Status RegularExpression::ReadGroup() {
  if (Look(1) == '?' && Look(2) != ':') return Refuse("a group that is not understood");
  if (Look(1) == '*' || Look(1) == '+') return Refuse("a quantifier without an operand");
  ++depth_;
  const size_t length = Look(1) == '?' ? 3 : 1;
  out_ += "(?:";
  at_ += length;
  return Status::OK();
}

Status RegularExpression::ReadQuantified() {
  if (at_ == 0) return Refuse("a quantifier without an operand");
  const char before = pattern_[at_ - 1];
  const bool escaped = at_ >= 2 && pattern_[at_ - 2] == '\\';
  if (!escaped && (before == '(' || before == '|' || before == '^' || before == ':')) {
    return Refuse("a quantifier whose operand is not clear");
  }
  if (Look() == '{') {
    ARROW_RETURN_NOT_OK(ReadCount());
  } else {
    out_ += Look();
    ++at_;
  }
  // Reluctant and possessive ones: what matches at all is the same for the former only.
  if (Look() == '+' || Look() == '*' || Look() == '{' || Look() == '?') {
    return Refuse("two quantifiers in a row");
  }
  return Status::OK();
}

// {n}, {n,} and {n,m} with up to three digits.
Status RegularExpression::ReadCount() {
  const size_t end = pattern_.find('}', at_);
  const auto count = pattern_.substr(at_, end == std::string_view::npos ? 0 : end + 1 - at_);
  const size_t comma = count.find(',');
  const auto digits = [](std::string_view text) {
    return text.size() <= 3 && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (count.size() < 3 || count[1] == ',') return Refuse("a count that is not understood");
  const auto inside = count.substr(1, count.size() - 2);
  const bool valid = comma == std::string_view::npos
                         ? digits(inside)
                         : digits(inside.substr(0, comma - 1)) && digits(inside.substr(comma));
  if (!valid) return Refuse("a count that is not understood");
  out_ += count;
  at_ += count.size();
  return Status::OK();
}

struct DateLetters {
  std::string_view letters;
  std::string_view function;
  int width;
};

constexpr std::array<DateLetters, 6> kDateLetters = {{{"yyyy", "year", 4},
                                                      {"MM", "month", 2},
                                                      {"dd", "day", 2},
                                                      {"HH", "hour", 2},
                                                      {"mm", "minute", 2},
                                                      {"ss", "second", 2}}};

}  // namespace

Result<SparkOperand> SparkLike(const SparkOperand& text, const SparkOperand& pattern,
                               bool without_case) {
  ARROW_RETURN_NOT_OK(CheckTexts(without_case ? "ILIKE" : "LIKE", text, pattern));
  const std::string& literal = pattern.literal->text;
  for (size_t i = 0; i < literal.size(); ++i) {
    const auto c = static_cast<unsigned char>(literal[i]);
    if (without_case && c >= 0x80) {
      return NoPattern(literal, "letters outside of ASCII, without regard to case,");
    }
    if (c != '\\') continue;
    ++i;
    if (i == literal.size() || (literal[i] != '%' && literal[i] != '_' && literal[i] != '\\')) {
      return NoPattern(literal, "an escape that Spark refuses");
    }
  }
  if (without_case) return SparkRefusal("ILIKE");
  return SparkOperand{fmt::format("({} LIKE {} ESCAPE '\\')", text.sql, pattern.sql),
                      arrow::boolean(), nullptr};
}

Result<SparkOperand> SparkMatches(const SparkOperand& text, const SparkOperand& pattern) {
  ARROW_RETURN_NOT_OK(CheckTexts("RLIKE", text, pattern));
  const std::string& literal = pattern.literal->text;
  const bool top_level_choice = literal.find('|') != std::string::npos &&
                                (literal.starts_with('^') || literal.ends_with('$'));
  if (top_level_choice && literal.find('(') == std::string::npos) {
    return NoPattern(literal, "'|' beside '^' or '$' without parentheses");
  }
  ARROW_ASSIGN_OR_RAISE(const auto expression, RegularExpression(literal).Run());
  return SparkOperand{fmt::format("regexp_matches({}, {})", text.sql, QuoteString(expression)),
                      arrow::boolean(), nullptr};
}

Result<SparkOperand> SparkDateFormat(const SparkOperand& moment, const SparkOperand& pattern) {
  if (!IsMoment(*moment.type) || pattern.literal == nullptr || !IsTextType(*pattern.type)) {
    return SparkRefusal("date_format of anything but a time and a pattern that is written out");
  }
  const std::string local = fmt::format("CAST({} AS TIMESTAMP)", SparkLocalTime(moment));
  std::string parts;
  std::string_view rest = pattern.literal->text;
  while (!rest.empty()) {
    std::string part;
    for (const auto& known : kDateLetters) {
      if (!rest.starts_with(known.letters)) continue;
      part =
          fmt::format("lpad(CAST({}({}) AS VARCHAR), {}, '0')", known.function, local, known.width);
      rest.remove_prefix(known.letters.size());
      if (!rest.empty() && rest.front() == known.letters.front()) part.clear();
      break;
    }
    const bool sign =
        part.empty() && std::string_view("-/:., _").find(rest.front()) != std::string_view::npos;
    if (sign) {
      part = QuoteString(rest.substr(0, 1));
      rest.remove_prefix(1);
    }
    if (part.empty()) {
      return SparkRefusal("date_format with '{}'; yyyy MM dd HH mm ss are understood",
                          pattern.literal->text);
    }
    parts += (parts.empty() ? "" : " || ") + part;
  }
  if (parts.empty()) parts = "''";
  return SparkOperand{
      fmt::format("CASE WHEN {0} IS NULL THEN NULL WHEN year({0}) BETWEEN 1 AND 9999 THEN ({1}) "
                  "ELSE {2} END",
                  local, parts, SparkFailure("date_format of a year outside of 1 to 9999")),
      arrow::utf8(), nullptr};
}

}  // namespace deltaport::engine
