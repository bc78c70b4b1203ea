#include "engine/spark_sql/spark_translation.h"

#include <utility>

#include "engine/expression.h"
#include "engine/query_sql.h"
#include "engine/spark_sql/spark_operand.h"
#include "engine/spark_sql/spark_token.h"

namespace deltaport::engine {
namespace {

using arrow::Type;
using NodeKind = SparkNode::Kind;

constexpr size_t kShownBytes = 200;  // Of an expression in messages.

// Index of the name without regard to case, as Spark looks it up. -1 for none or several.
int FieldIndex(const arrow::FieldVector& fields, const std::string& name) {
  const auto equal = [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; };
    return lower(a) == lower(b);
  };
  int found = -1;
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string& other = fields[i]->name();
    if (!std::equal(name.begin(), name.end(), other.begin(), other.end(), equal)) continue;
    if (found >= 0) return -1;
    found = static_cast<int>(i);
  }
  return found;
}

// The types that expressions can compute with; others can only be looked into or tested for null.
bool IsKnown(const arrow::DataType& type) {
  if (type.id() == Type::TIMESTAMP) {
    return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::MICRO;
  }
  return IsNumeric(type) || IsTextType(type) || type.id() == Type::BINARY ||
         type.id() == Type::BOOL || type.id() == Type::DATE32;
}

class Translator {
 public:
  Translator(std::string_view relation, const arrow::Schema& schema)
      : relation_(relation), schema_(schema) {}

  Result<SparkOperand> Translate(const SparkNode& node);

 private:
  Result<SparkOperand> TranslateKnown(const SparkNode& node);
  Result<SparkOperand> Literal(const SparkNode& node);
  Result<SparkOperand> Column(const SparkNode& node);
  Result<SparkOperand> Field(SparkOperand value, const std::string& name);
  Result<SparkOperand> Call(const SparkNode& node);
  Result<SparkOperand> Logic(const std::string& name, const SparkOperands& operands);
  Result<SparkOperand> Predicate(const std::string& name, const SparkOperands& operands);
  Result<SparkOperand> In(const SparkOperands& operands);
  Result<SparkOperand> Unary(const std::string& name, const SparkOperand& operand);
  Result<SparkOperand> Case(const SparkNode& node);

  const std::string_view relation_;
  const arrow::Schema& schema_;
};

Result<SparkOperand> Translator::Translate(const SparkNode& node) {
  auto translated = TranslateKnown(node);
  if (!translated.ok()) {
    // The innermost part that failed has told its place.
    const auto& message = translated.status().message();
    if (message.find(" at character ") != std::string::npos) return translated;
    return MakeError(CodeOf(translated.status()), message + SparkPosition(node.position));
  }
  if (translated->sql.size() > kExpressionMaxBytes) {
    return SparkRefusal("an expression of that size");
  }
  return translated;
}

Result<SparkOperand> Translator::TranslateKnown(const SparkNode& node) {
  switch (node.kind) {
    case NodeKind::kLiteral:
      return Literal(node);
    case NodeKind::kColumn:
      return Column(node);
    case NodeKind::kCall:
      return Call(node);
    case NodeKind::kCast: {
      ARROW_ASSIGN_OR_RAISE(const auto value, Translate(*node.children[0]));
      return CastSpark(value, node.type);
    }
    case NodeKind::kCase:
      return Case(node);
  }
  return SparkRefusal("a form that is not understood");
}

Result<SparkOperand> Translator::Literal(const SparkNode& node) {
  if (node.type == nullptr) return SparkOperand{"NULL", arrow::null(), nullptr};
  SparkOperand value = {QuoteString(node.text), node.type, &node};
  if (IsMoment(*node.type)) {
    const SparkOperand text = {value.sql, arrow::utf8(), nullptr};
    ARROW_ASSIGN_OR_RAISE(auto moment, CastSpark(text, node.type));
    return moment;
  }
  if (node.type->id() == Type::BOOL) value.sql = node.text;
  if (IsNumeric(*node.type)) {
    value.sql =
        fmt::format("CAST({} AS {})", IsFraction(*node.type) ? QuoteString(node.text) : node.text,
                    DuckDbTypeName(*node.type));
  }
  return value;
}

Result<SparkOperand> Translator::Column(const SparkNode& node) {
  const int index = FieldIndex(schema_.fields(), node.names[0]);
  if (index < 0) {
    const bool clock = node.text == "current_date" || node.text == "current_timestamp" ||
                       node.text == "localtimestamp";
    if (clock) return SparkFunction(node.text, {});
    return Error(ErrorCode::kInvalidArgument, "there is no column '{}'", node.names[0]);
  }
  const auto& field = *schema_.field(index);
  SparkOperand value = {QuoteIdentifier(field.name()), field.type(), nullptr};
  if (!relation_.empty()) value.sql = QuoteIdentifier(relation_) + "." + value.sql;
  for (size_t i = 1; i < node.names.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(value, Field(std::move(value), node.names[i]));
  }
  return value;
}

Result<SparkOperand> Translator::Field(SparkOperand value, const std::string& name) {
  const int index = value.type->id() == Type::STRUCT ? FieldIndex(value.type->fields(), name) : -1;
  if (index < 0) return Error(ErrorCode::kInvalidArgument, "there is no field '{}'", name);
  const auto& field = *value.type->field(index);
  return SparkOperand{fmt::format("struct_extract({}, {})", value.sql, QuoteString(field.name())),
                      field.type(), nullptr};
}

Result<SparkOperand> Translator::Call(const SparkNode& node) {
  SparkOperands operands;
  for (const auto& child : node.children) {
    ARROW_ASSIGN_OR_RAISE(operands.emplace_back(), Translate(*child));
    if (node.text == ".") return Field(std::move(operands[0]), node.children[1]->text);
  }
  const std::string& name = node.text;
  const bool null_test = name == "isnull" || name == "isnotnull";
  for (const auto& operand : operands) {
    if (!null_test && operand.type->id() != Type::NA && !IsKnown(*operand.type)) {
      return SparkRefusal("'{}' of {}", name, SparkTypeName(*operand.type));
    }
  }
  if (name == "and" || name == "or" || name == "not" || name == "is true" || name == "is false") {
    return Logic(name, operands);
  }
  if (name == "in" || name == "between" || name == "like" || name == "ilike" || name == "rlike") {
    return Predicate(name, operands);
  }
  if (name.starts_with("unary ")) return Unary(name.substr(6), operands[0]);
  const bool word = (name[0] >= 'a' && name[0] <= 'z') && name != "div";
  return word ? SparkFunction(name, operands) : SparkBinary(name, operands[0], operands[1]);
}

Result<SparkOperand> Translator::Logic(const std::string& name, const SparkOperands& operands) {
  std::vector<std::string> sql;
  for (const auto& operand : operands) {
    if (operand.type->id() != Type::BOOL && operand.type->id() != Type::NA) {
      return SparkRefusal("'{}' of {}", name, SparkTypeName(*operand.type));
    }
    ARROW_ASSIGN_OR_RAISE(const auto value, CastSpark(operand, arrow::boolean()));
    sql.push_back(value.sql);
  }
  std::string text;
  if (name == "not") text = fmt::format("(NOT {})", sql[0]);
  if (name == "and") text = fmt::format("({} AND {})", sql[0], sql[1]);
  if (name == "or") text = fmt::format("({} OR {})", sql[0], sql[1]);
  if (name == "is true") text = fmt::format("({} IS NOT DISTINCT FROM true)", sql[0]);
  if (name == "is false") text = fmt::format("({} IS NOT DISTINCT FROM false)", sql[0]);
  return SparkOperand{std::move(text), arrow::boolean(), nullptr};
}

Result<SparkOperand> Translator::Predicate(const std::string& name, const SparkOperands& operands) {
  if (name == "in") return In(operands);
  if (name == "rlike") return SparkMatches(operands[0], operands[1]);
  if (name != "between") return SparkLike(operands[0], operands[1], name == "ilike");
  ARROW_ASSIGN_OR_RAISE(const auto low, SparkBinary(">=", operands[0], operands[1]));
  ARROW_ASSIGN_OR_RAISE(const auto high, SparkBinary("<=", operands[0], operands[2]));
  return Logic("and", {low, high});
}

// All values are brought to one type, as Spark does it.
Result<SparkOperand> Translator::In(const SparkOperands& operands) {
  SparkOperand widest = operands[0];
  for (size_t i = 1; i < operands.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const auto type, SparkComparisonType(widest, operands[i]));
    if (!type->Equals(*widest.type)) widest = {"", type, nullptr};
  }
  std::string values;
  for (size_t i = 0; i < operands.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(const auto value, CastSpark(operands[i], widest.type));
    values += (i == 0 ? "(" : i == 1 ? " IN (" : ", ") + value.sql;
  }
  return SparkOperand{values + "))", arrow::boolean(), nullptr};
}

Result<SparkOperand> Translator::Unary(const std::string& name, const SparkOperand& operand) {
  const bool fits = name == "~" ? IsIntegral(*operand.type) : IsNumeric(*operand.type);
  if (!fits) return SparkRefusal("'{}' of {}", name, SparkTypeName(*operand.type));
  if (name == "+") return SparkOperand{operand.sql, operand.type, nullptr};
  return SparkOperand{fmt::format("({}({}))", name, operand.sql), operand.type, nullptr};
}

Result<SparkOperand> Translator::Case(const SparkNode& node) {
  SparkOperands parts;
  SparkType type = arrow::null();
  for (size_t i = 0; i < node.children.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(parts.emplace_back(), Translate(*node.children[i]));
    const bool condition = i % 2 == 0 && i + 1 < node.children.size();
    if (condition && parts[i].type->id() != Type::BOOL) {
      return SparkRefusal("CASE WHEN {}", SparkTypeName(*parts[i].type));
    }
    if (!condition) type = SparkCommonType(type, parts[i].type);
    if (type == nullptr || arrow::is_nested(type->id())) {
      return SparkRefusal("CASE over values of different types");
    }
  }
  std::string sql = "CASE";
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size() && i % 2 == 0;
    if (i % 2 == 0 && !last) {
      sql += fmt::format(" WHEN {}", parts[i].sql);
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(const auto value, CastSpark(parts[i], type));
    sql += fmt::format(" {} {}", last ? "ELSE" : "THEN", value.sql);
  }
  return SparkOperand{fmt::format("({} END)", sql), type, nullptr};
}

}  // namespace

Result<SparkTranslation> TranslateSpark(std::string_view text, std::string_view relation,
                                        const arrow::Schema& schema, const SparkType& stored_as) {
  if (text.size() > kExpressionMaxBytes) return SparkRefusal("an expression of that size");
  ARROW_ASSIGN_OR_RAISE(const auto tree, ParseSparkTree(text));
  ARROW_ASSIGN_OR_RAISE(auto value, Translator(relation, schema).Translate(*tree));
  if (stored_as != nullptr) {
    ARROW_ASSIGN_OR_RAISE(value, CastSpark(value, stored_as));
  }
  return SparkTranslation{std::move(value.sql), std::move(value.type)};
}

Result<Expression> Expression::ParseSpark(std::string_view text, const ExpressionScope& scope,
                                          const std::shared_ptr<arrow::DataType>& stored_as) {
  if (scope.relations.size() != 1) {
    return Error(ErrorCode::kInternal, "a Spark expression over {} relations",
                 scope.relations.size());
  }
  const auto& [relation, schema] = *scope.relations.begin();
  auto translated = TranslateSpark(text, relation, *schema, stored_as);
  if (!translated.ok()) {
    return MakeError(CodeOf(translated.status()),
                     fmt::format("in the expression `{}`: {}{}", text.substr(0, kShownBytes),
                                 translated.status().message(),
                                 CodeOf(translated.status()) == ErrorCode::kUnsupportedFeature
                                     ? " is not supported"
                                     : ""));
  }
  ARROW_ASSIGN_OR_RAISE(auto expression, Parse(translated->sql, scope));
  expression.type_ = std::move(translated->type);
  return expression;
}

}  // namespace deltaport::engine
