#include "lake/write/column_text.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include <arrow/util/key_value_metadata.h>

#include "base/letter_case.h"
#include "engine/spark_sql/spark_token.h"
#include "lake/write/table_rules.h"

namespace deltaport::lake {
namespace {

using engine::SparkToken;
using Kind = SparkToken::Kind;

constexpr int kTypeMaxDepth = 50;

struct AtomicName {
  std::string_view name;
  std::shared_ptr<arrow::DataType> type;
};

std::shared_ptr<arrow::DataType> AtomicType(std::string_view keyword) {
  static const std::vector<AtomicName> kTypes = {
      {"BOOLEAN", arrow::boolean()},
      {"TINYINT", arrow::int8()},
      {"BYTE", arrow::int8()},
      {"SMALLINT", arrow::int16()},
      {"SHORT", arrow::int16()},
      {"INT", arrow::int32()},
      {"INTEGER", arrow::int32()},
      {"BIGINT", arrow::int64()},
      {"LONG", arrow::int64()},
      {"FLOAT", arrow::float32()},
      {"REAL", arrow::float32()},
      {"DOUBLE", arrow::float64()},
      {"STRING", arrow::utf8()},
      {"BINARY", arrow::binary()},
      {"DATE", arrow::date32()},
      {"TIMESTAMP", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"TIMESTAMP_LTZ", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"TIMESTAMP_NTZ", arrow::timestamp(arrow::TimeUnit::MICRO)}};
  for (const auto& known : kTypes) {
    if (known.name == keyword) return known.type;
  }
  return nullptr;
}

class ColumnParser : private engine::SparkTokenCursor {
 public:
  ColumnParser(std::string_view text, std::vector<SparkToken> tokens)
      : SparkTokenCursor(std::move(tokens)), text_(text) {}

  Result<arrow::FieldVector> Run() {
    arrow::FieldVector columns;
    do {
      ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), ParseColumn());
    } while (Take(","));
    if (Now().kind != Kind::kEnd) return Unexpected("',' or the end");
    return columns;
  }

 private:
  using Notes = arrow::KeyValueMetadata;

  Status Expect(std::string_view keyword) {
    return Take(keyword) ? Status::OK() : Unexpected(fmt::format("'{}'", keyword));
  }
  Status Unexpected(std::string_view expected) const {
    const auto& token = Now();
    return Error(ErrorCode::kInvalidArgument, "columns: expected {} instead of {}{}", expected,
                 token.kind == Kind::kEnd ? "the end" : "'" + token.text + "'",
                 engine::SparkPosition(token.position));
  }

  Result<std::string> ParseName();
  Result<std::shared_ptr<arrow::Field>> ParseColumn();
  Status ParseAttribute(bool& nullable, Notes& notes);
  Status ParseGeneration(Notes& notes);
  Status ParseIdentity(Notes& notes, bool always);
  Result<int64_t> ParseNumber();
  Result<std::string> ParseExpression(bool parenthesised);
  Result<std::shared_ptr<arrow::DataType>> ParseType(Notes* notes);
  Result<std::shared_ptr<arrow::DataType>> ParseNested(std::string_view keyword);
  Result<std::shared_ptr<arrow::DataType>> ParseStruct();
  Result<std::shared_ptr<arrow::DataType>> ParseDecimal();

  const std::string_view text_;
  int depth_ = 0;
};

Result<std::string> ColumnParser::ParseName() {
  if (Now().kind != Kind::kWord && Now().kind != Kind::kQuotedName) return Unexpected("a name");
  return TakeText();
}

Result<std::shared_ptr<arrow::Field>> ColumnParser::ParseColumn() {
  ARROW_ASSIGN_OR_RAISE(std::string name, ParseName());
  auto notes = std::make_shared<Notes>();
  ARROW_ASSIGN_OR_RAISE(auto type, ParseType(notes.get()));
  bool nullable = true;
  while (Now().kind == Kind::kWord) {
    ARROW_RETURN_NOT_OK(ParseAttribute(nullable, *notes));
  }
  return arrow::field(std::move(name), std::move(type), nullable,
                      notes->size() == 0 ? nullptr : std::move(notes));
}

Status ColumnParser::ParseAttribute(bool& nullable, Notes& notes) {
  if (Take("NOT")) {
    nullable = false;
    return Expect("NULL");
  }
  if (Take("COMMENT")) {
    if (Now().kind != Kind::kText) return Unexpected("a text");
    notes.Append("comment", TakeText());
    return Status::OK();
  }
  if (Take("DEFAULT")) {
    ARROW_ASSIGN_OR_RAISE(std::string expression, ParseExpression(false));
    notes.Append(kDefaultKey, std::move(expression));
    return Status::OK();
  }
  if (Take("GENERATED")) return ParseGeneration(notes);
  return Unexpected("NOT NULL, DEFAULT, GENERATED, COMMENT or ','");
}

Status ColumnParser::ParseGeneration(Notes& notes) {
  const bool always = Take("ALWAYS");
  if (!always) {
    ARROW_RETURN_NOT_OK(Expect("BY"));
    ARROW_RETURN_NOT_OK(Expect("DEFAULT"));
  }
  ARROW_RETURN_NOT_OK(Expect("AS"));
  if (Take("IDENTITY")) return ParseIdentity(notes, always);
  if (!always) return Unexpected("IDENTITY");
  ARROW_ASSIGN_OR_RAISE(std::string expression, ParseExpression(true));
  notes.Append(kGenerationKey, std::move(expression));
  return Status::OK();
}

Status ColumnParser::ParseIdentity(Notes& notes, bool always) {
  int64_t start = 1;
  int64_t step = 1;
  if (Take("(")) {
    while (!Take(")")) {
      if (Take("START")) {
        ARROW_RETURN_NOT_OK(Expect("WITH"));
        ARROW_ASSIGN_OR_RAISE(start, ParseNumber());
      } else if (Take("INCREMENT")) {
        ARROW_RETURN_NOT_OK(Expect("BY"));
        ARROW_ASSIGN_OR_RAISE(step, ParseNumber());
      } else {
        return Unexpected("START WITH, INCREMENT BY or ')'");
      }
    }
  }
  if (step == 0) return Error(ErrorCode::kInvalidArgument, "an identity column cannot step by 0");
  notes.Append(kIdentityStartKey, fmt::format("{}", start));
  notes.Append(kIdentityStepKey, fmt::format("{}", step));
  notes.Append(kIdentityExplicitKey, always ? "false" : "true");
  return Status::OK();
}

Result<int64_t> ColumnParser::ParseNumber() {
  const bool negative = Take("-");
  const std::string text = (negative ? "-" : "") + Now().text;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (Now().kind != Kind::kNumber || error != std::errc() || end != text.data() + text.size()) {
    return Unexpected("a whole number");
  }
  Skip();
  return number;
}

// The text up to the end of the parentheses, or of what can follow a default.
Result<std::string> ColumnParser::ParseExpression(bool parenthesised) {
  if (parenthesised) ARROW_RETURN_NOT_OK(Expect("("));
  const size_t first = Now().position;
  int open = 0;
  while (Now().kind != Kind::kEnd) {
    const bool outside = open == 0;
    if (outside && parenthesised && Is(")")) break;
    const bool attribute = (Is("NOT") && Is("NULL", 1)) || Is("COMMENT") || Is("GENERATED");
    if (outside && !parenthesised && (Is(",") || Is(")") || attribute)) break;
    open += Is("(") ? 1 : Is(")") ? -1 : 0;
    Skip();
  }
  std::string text(text_.substr(first, Now().position - first));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  if (text.empty()) return Unexpected("an expression");
  if (parenthesised) ARROW_RETURN_NOT_OK(Expect(")"));
  return text;
}

Result<std::shared_ptr<arrow::DataType>> ColumnParser::ParseType(Notes* notes) {
  const std::string keyword = Now().keyword;
  if (keyword == "DECIMAL" || keyword == "DEC" || keyword == "NUMERIC") return ParseDecimal();
  if (keyword == "VARCHAR" || keyword == "CHAR") {
    if (notes == nullptr) return Unexpected("STRING: lengths are kept for columns only; a type");
    Skip();
    ARROW_RETURN_NOT_OK(Expect("("));
    ARROW_ASSIGN_OR_RAISE(const int64_t length, ParseNumber());
    ARROW_RETURN_NOT_OK(Expect(")"));
    if (length < 1) return Error(ErrorCode::kInvalidArgument, "{}({}) is no type", keyword, length);
    notes->Append(kTextTypeKey, fmt::format("{}({})", LowerCase(keyword), length));
    return arrow::utf8();
  }
  if (keyword == "ARRAY" || keyword == "MAP" || keyword == "STRUCT") return ParseNested(keyword);
  auto type = AtomicType(keyword);
  if (type == nullptr) return Unexpected("a type");
  Skip();
  return type;
}

Result<std::shared_ptr<arrow::DataType>> ColumnParser::ParseNested(std::string_view keyword) {
  if (depth_ >= kTypeMaxDepth) {
    return Error(ErrorCode::kInvalidArgument, "columns: nested more than {} levels deep",
                 kTypeMaxDepth);
  }
  Skip();
  ARROW_RETURN_NOT_OK(Expect("<"));
  ++depth_;
  std::shared_ptr<arrow::DataType> type;
  if (keyword == "STRUCT") {
    ARROW_ASSIGN_OR_RAISE(type, ParseStruct());
  } else {
    ARROW_ASSIGN_OR_RAISE(auto first, ParseType(nullptr));
    if (keyword == "MAP") {
      ARROW_RETURN_NOT_OK(Expect(","));
      ARROW_ASSIGN_OR_RAISE(auto value, ParseType(nullptr));
      type = arrow::map(std::move(first), std::move(value));
    } else {
      type = arrow::list(arrow::field("element", std::move(first)));
    }
  }
  --depth_;
  ARROW_RETURN_NOT_OK(Expect(">"));
  return type;
}

Result<std::shared_ptr<arrow::DataType>> ColumnParser::ParseStruct() {
  arrow::FieldVector fields;
  do {
    ARROW_ASSIGN_OR_RAISE(std::string name, ParseName());
    Take(":");
    ARROW_ASSIGN_OR_RAISE(auto type, ParseType(nullptr));
    const bool required = Take("NOT");
    if (required) ARROW_RETURN_NOT_OK(Expect("NULL"));
    fields.push_back(arrow::field(std::move(name), std::move(type), !required));
  } while (Take(","));
  return arrow::struct_(fields);
}

Result<std::shared_ptr<arrow::DataType>> ColumnParser::ParseDecimal() {
  Skip();
  int64_t precision = 10;
  int64_t scale = 0;
  if (Take("(")) {
    ARROW_ASSIGN_OR_RAISE(precision, ParseNumber());
    if (Take(",")) {
      ARROW_ASSIGN_OR_RAISE(scale, ParseNumber());
    }
    ARROW_RETURN_NOT_OK(Expect(")"));
  }
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    return Error(ErrorCode::kInvalidArgument, "decimal({},{}) is no type", precision, scale);
  }
  return arrow::decimal128(static_cast<int>(precision), static_cast<int>(scale));
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> ParseColumns(std::string_view text) {
  if (text.size() > kColumnTextMaxBytes) {
    return Error(ErrorCode::kInvalidArgument, "columns: {} bytes are more than the {} allowed",
                 text.size(), kColumnTextMaxBytes);
  }
  auto tokens = engine::TokenizeSpark(text);
  if (!tokens.ok()) {
    return Error(ErrorCode::kInvalidArgument, "columns: {}", tokens.status().message());
  }
  ARROW_ASSIGN_OR_RAISE(auto columns, ColumnParser(text, *std::move(tokens)).Run());
  auto schema = arrow::schema(std::move(columns));
  ARROW_RETURN_NOT_OK(TableRules::Of({}, *schema));
  return schema;
}

}  // namespace deltaport::lake
