// Expression::Parse: DuckDB's parser, then a walk over the parsed tree that refuses what is not on
// a list and writes each column with the alias of its relation.

#include "engine/expression.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/parser/expression/list.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/emptytableref.hpp>

#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/sql_text.h"
#include "engine/duckdb/statement_functions.h"

namespace deltaport::engine {
namespace {

using ParsedPointer = duckdb::unique_ptr<duckdb::ParsedExpression>;

constexpr SqlTextLimits kLimits = {kExpressionMaxBytes, kExpressionMaxDepth};
constexpr std::string_view kBefore = "SELECT ";

std::string Lower(const std::string& name) { return duckdb::StringUtil::Lower(name); }

// The function behind a word that SQL writes without parentheses; empty for other words.
std::string_view ClockFunction(const std::string& lower_case_name) {
  if (lower_case_name == "current_date") return "current_date";
  if (lower_case_name == "current_time") return "get_current_time";
  if (lower_case_name == "current_timestamp") return "get_current_timestamp";
  if (lower_case_name == "localtime") return "current_localtime";
  if (lower_case_name == "localtimestamp") return "current_localtimestamp";
  return "";
}

// The only expression of "SELECT `text`", or null if there is more than that.
ParsedPointer OnlyExpression(duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>>& statements) {
  if (statements.size() != 1 || statements[0]->type != duckdb::StatementType::SELECT_STATEMENT) {
    return nullptr;
  }
  auto& node = *statements[0]->Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE || !node.modifiers.empty() ||
      !node.cte_map.map.empty()) {
    return nullptr;
  }
  auto& select = node.Cast<duckdb::SelectNode>();
  const bool plain =
      select.select_list.size() == 1 && !select.where_clause && !select.having && !select.qualify &&
      !select.sample && select.groups.group_expressions.empty() &&
      select.groups.grouping_sets.empty() &&
      select.aggregate_handling == duckdb::AggregateHandling::STANDARD_HANDLING &&
      (!select.from_table || select.from_table->type == duckdb::TableReferenceType::EMPTY_FROM);
  if (!plain || select.select_list[0]->HasAlias()) return nullptr;
  return std::move(select.select_list[0]);
}

Result<ParsedPointer> ParseOne(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(auto statements, ParseSqlText(kBefore, text, "", kLimits));
  auto expression = OnlyExpression(statements);
  if (!expression) {
    return Error(ErrorCode::kInvalidArgument,
                 "'{}' is not one SQL expression: write a condition or value without clauses, "
                 "aliases and further statements",
                 text.substr(0, 200));
  }
  return expression;
}

// Types that the parser puts in by itself have another form in the tree than those it reads.
Status WriteTypeOut(duckdb::CastExpression& cast) {
  if (cast.cast_type.id() == duckdb::LogicalTypeId::UNBOUND) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto again,
                        ParseOne(fmt::format("CAST(NULL AS {})", cast.cast_type.ToString())));
  cast.cast_type = again->Cast<duckdb::CastExpression>().cast_type;
  return Status::OK();
}

// Constants whose text would be read as those of another type.
Status WriteConstantOut(ParsedPointer& expression) {
  const auto& value = expression->Cast<duckdb::ConstantExpression>().value;
  const auto type = value.type().id();
  if (type != duckdb::LogicalTypeId::DOUBLE && type != duckdb::LogicalTypeId::BOOLEAN) {
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(expression, ParseOne(fmt::format("CAST('{}' AS {})", value.ToString(),
                                                         value.type().ToString())));
  return Status::OK();
}

// The index of the name: as written, then without regard to case. -1 if there is none, -2 if
// several differ in case only.
int IndexOf(const arrow::FieldVector& fields, const std::string& name) {
  int found = -1;
  const auto lower = Lower(name);
  for (int i = 0; i < static_cast<int>(fields.size()); ++i) {
    const std::string& candidate = fields[static_cast<size_t>(i)]->name();
    if (candidate == name) return i;
    if (Lower(candidate) == lower) found = found == -1 ? i : -2;
  }
  return found;
}

std::string NamesOf(const arrow::FieldVector& fields) {
  constexpr size_t kShown = 20;
  std::string names;
  for (size_t i = 0; i < std::min(fields.size(), kShown); ++i) {
    names += (i == 0 ? "" : ", ") + fields[i]->name();
  }
  return fields.size() > kShown ? names + ", …" : names;
}

class ExpressionWalker {
 public:
  ExpressionWalker(std::string_view text, const ExpressionScope& scope)
      : text_(text), scope_(scope) {}

  Status Visit(ParsedPointer& expression);

  std::vector<Expression::Column> references;
  bool deterministic = true;

 private:
  struct Found {
    const std::string* relation;
    std::shared_ptr<arrow::Field> field;
    size_t used;  // Leading names that it took.
  };

  Status VisitKnown(ParsedPointer& expression);
  Status VisitChildren(duckdb::ParsedExpression& expression);
  Status VisitFunction(const duckdb::FunctionExpression& function);
  Status VisitLambda(duckdb::LambdaExpression& lambda);
  Status VisitColumn(ParsedPointer& expression);

  Result<std::optional<Found>> FindColumn(const duckdb::ColumnRefExpression& column) const;
  Result<std::optional<Found>> FindBareColumn(const duckdb::ColumnRefExpression& column) const;
  Status NoColumn(const duckdb::ColumnRefExpression& column) const;
  std::string At(const duckdb::ParsedExpression& expression) const;
  Status Refused(const duckdb::ParsedExpression& expression, std::string_view what) const;

  const std::string_view text_;
  const ExpressionScope& scope_;
  std::vector<std::string> parameters_;  // Of the lambdas around, in lower case.
  int depth_ = 0;
};

std::string ExpressionWalker::At(const duckdb::ParsedExpression& expression) const {
  const auto location = expression.GetQueryLocation();
  if (!location.IsValid()) return "";
  const size_t offset = location.GetIndex();
  return PositionText(text_, offset > kBefore.size() ? offset - kBefore.size() : 0);
}

Status ExpressionWalker::Refused(const duckdb::ParsedExpression& expression,
                                 std::string_view what) const {
  return Error(ErrorCode::kInvalidArgument, "{} not allowed in an expression{}", what,
               At(expression));
}

Status ExpressionWalker::Visit(ParsedPointer& expression) {
  if (++depth_ > kExpressionMaxDepth) {
    return Error(ErrorCode::kInvalidArgument, "the expression is nested more than {} levels deep",
                 kExpressionMaxDepth);
  }
  const auto status = VisitKnown(expression);
  --depth_;
  return status;
}

Status ExpressionWalker::VisitKnown(ParsedPointer& expression) {
  switch (expression->GetExpressionClass()) {
    case duckdb::ExpressionClass::COLUMN_REF:
      return VisitColumn(expression);
    case duckdb::ExpressionClass::FUNCTION:
      ARROW_RETURN_NOT_OK(VisitFunction(expression->Cast<duckdb::FunctionExpression>()));
      return VisitChildren(*expression);
    case duckdb::ExpressionClass::LAMBDA:
      return VisitLambda(expression->Cast<duckdb::LambdaExpression>());
    case duckdb::ExpressionClass::OPERATOR:
      if (expression->GetExpressionType() == duckdb::ExpressionType::OPERATOR_UNPACK ||
          expression->GetExpressionType() == duckdb::ExpressionType::GROUPING_FUNCTION) {
        return Refused(*expression, "UNPACK and GROUPING are");
      }
      return VisitChildren(*expression);
    case duckdb::ExpressionClass::CAST:
      ARROW_RETURN_NOT_OK(WriteTypeOut(expression->Cast<duckdb::CastExpression>()));
      return VisitChildren(*expression);
    case duckdb::ExpressionClass::CASE:
    case duckdb::ExpressionClass::COMPARISON:
    case duckdb::ExpressionClass::CONJUNCTION:
    case duckdb::ExpressionClass::BETWEEN:
    case duckdb::ExpressionClass::COLLATE:
      return VisitChildren(*expression);
    case duckdb::ExpressionClass::CONSTANT:
      return WriteConstantOut(expression);
    case duckdb::ExpressionClass::SUBQUERY:
      return Refused(*expression, "a subquery is");
    case duckdb::ExpressionClass::WINDOW:
      return Refused(*expression, "a window function is");
    case duckdb::ExpressionClass::STAR:
      return Refused(*expression, "* and COLUMNS are");
    case duckdb::ExpressionClass::PARAMETER:
      return Refused(*expression, "a parameter ($1, ?) is");
    default:
      return Refused(*expression, fmt::format("{} is", expression->ToString().substr(0, 100)));
  }
}

// The library's iterator throws for kinds of expressions that it does not know.
Status ExpressionWalker::VisitChildren(duckdb::ParsedExpression& expression) {
  Status status;
  duckdb::ParsedExpressionIterator::EnumerateChildren(expression, [&](ParsedPointer& child) {
    if (child && status.ok()) status = Visit(child);
  });
  return status;
}

Status ExpressionWalker::VisitFunction(const duckdb::FunctionExpression& function) {
  const auto name = Lower(function.function_name);
  const bool plain = (function.catalog.empty() || function.catalog == "system") &&
                     (function.schema.empty() || function.schema == "main");
  if (plain && IsScalarFunction(name)) {
    if (function.distinct || function.filter ||
        (function.order_bys && !function.order_bys->orders.empty())) {
      return Refused(function, fmt::format("DISTINCT, FILTER or ORDER BY in {}() is", name));
    }
    if (IsVolatileFunction(name)) deterministic = false;
    return Status::OK();
  }
  if (plain && IsAllowedFunction(name)) {
    return Refused(function, fmt::format("the function '{}', which gives no value for one row, is",
                                         function.function_name));
  }
  if (IsRefusedFunction(name) || IsAllowedTableFunction(name)) {
    return Error(ErrorCode::kPermissionDenied, "function '{}' is not allowed in an expression{}",
                 function.function_name, At(function));
  }
  return Error(ErrorCode::kInvalidArgument, "function '{}' does not exist{}",
               function.function_name, At(function));
}

Status ExpressionWalker::VisitLambda(duckdb::LambdaExpression& lambda) {
  if (lambda.syntax_type != duckdb::LambdaSyntaxType::LAMBDA_KEYWORD) {
    return Refused(lambda,
                   "'->' (write `lambda x: …` for a function, json_extract() for a path) is");
  }
  std::string error;
  const auto names = lambda.ExtractColumnRefExpressions(error);
  if (!error.empty()) return Error(ErrorCode::kInvalidArgument, "{}{}", error, At(lambda));
  for (const auto& name : names) {
    parameters_.push_back(Lower(name.get().Cast<duckdb::ColumnRefExpression>().column_names[0]));
  }
  const auto status = Visit(lambda.expr);
  parameters_.resize(parameters_.size() - names.size());
  return status;
}

// A column without the alias of its relation, which then must be in one relation only.
Result<std::optional<ExpressionWalker::Found>> ExpressionWalker::FindBareColumn(
    const duckdb::ColumnRefExpression& column) const {
  std::optional<Found> found;
  for (const auto& [alias, schema] : scope_.relations) {
    const int index = IndexOf(schema->fields(), column.column_names[0]);
    if (index == -2 || (index >= 0 && found)) {
      return Error(ErrorCode::kInvalidArgument,
                   "column '{}' stands in several places: write it with the alias of its table{}",
                   column.column_names[0], At(column));
    }
    if (index >= 0) found = Found{&alias, schema->field(index), 1};
  }
  return found;
}

Result<std::optional<ExpressionWalker::Found>> ExpressionWalker::FindColumn(
    const duckdb::ColumnRefExpression& column) const {
  const auto& names = column.column_names;
  if (names.size() > 1) {
    for (const auto& [alias, schema] : scope_.relations) {
      if (alias.empty() || Lower(alias) != Lower(names[0])) continue;
      const int index = IndexOf(schema->fields(), names[1]);
      if (index >= 0) return Found{&alias, schema->field(index), 2};
    }
  }
  return FindBareColumn(column);
}

Status ExpressionWalker::NoColumn(const duckdb::ColumnRefExpression& column) const {
  std::vector<std::string> known;
  for (const auto& [alias, schema] : scope_.relations) {
    const auto names = NamesOf(schema->fields());
    known.push_back(alias.empty() ? names : fmt::format("{} of {}", names, alias));
  }
  return Error(ErrorCode::kInvalidArgument, "there is no column '{}'{}; there are {}",
               duckdb::StringUtil::Join(column.column_names, "."), At(column),
               fmt::join(known, "; "));
}

Status ExpressionWalker::VisitColumn(ParsedPointer& expression) {
  const auto& column = expression->Cast<duckdb::ColumnRefExpression>();
  const auto& names = column.column_names;
  if (std::find(parameters_.begin(), parameters_.end(), Lower(names[0])) != parameters_.end()) {
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto found, FindColumn(column));
  if (!found) {
    const auto clock = names.size() == 1 ? ClockFunction(Lower(names[0])) : std::string_view();
    if (clock.empty()) return NoColumn(column);
    deterministic = false;
    expression = duckdb::make_uniq<duckdb::FunctionExpression>(std::string(clock),
                                                               duckdb::vector<ParsedPointer>());
    return Status::OK();
  }
  const Expression::Column reference = {*found->relation, found->field->name()};
  if (std::find(references.begin(), references.end(), reference) == references.end()) {
    references.push_back(reference);
  }
  duckdb::vector<std::string> written;
  if (!reference.relation.empty()) written.push_back(reference.relation);
  written.push_back(reference.name);
  ParsedPointer value = duckdb::make_uniq<duckdb::ColumnRefExpression>(std::move(written));
  auto type = found->field->type();
  for (size_t i = found->used; i < names.size(); ++i) {
    const int index = type->id() == arrow::Type::STRUCT ? IndexOf(type->fields(), names[i]) : -1;
    if (index < 0) {
      return Error(ErrorCode::kInvalidArgument, "'{}' has no field '{}'{}",
                   duckdb::StringUtil::Join(
                       duckdb::vector<std::string>(names.begin(), names.begin() + i), "."),
                   names[i], At(column));
    }
    duckdb::vector<ParsedPointer> arguments;
    arguments.push_back(std::move(value));
    arguments.push_back(
        duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(type->field(index)->name())));
    value = duckdb::make_uniq<duckdb::FunctionExpression>("struct_extract", std::move(arguments));
    type = type->field(index)->type();
  }
  expression = std::move(value);
  return Status::OK();
}

// The tree as text. What the library cannot write so that it reads the same again is refused.
Result<std::string> Write(const duckdb::ParsedExpression& expression) {
  std::string text = expression.ToString();
  ARROW_ASSIGN_OR_RAISE(
      auto statements, ParseSqlText("SELECT (", text, ")", {text.size(), 4 * kExpressionMaxDepth}));
  const auto again = OnlyExpression(statements);
  if (!again || !again->Equals(expression)) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "the expression {} has no text form that means the same; write it differently",
                 text.substr(0, 200));
  }
  return text;
}

}  // namespace

Result<Expression> Expression::Parse(std::string_view text, const ExpressionScope& scope) {
  ARROW_RETURN_NOT_OK(CheckSqlText(text, kLimits));
  return CatchDuckDb([&]() -> Result<Expression> {
    ARROW_ASSIGN_OR_RAISE(auto parsed, ParseOne(text));
    ExpressionWalker walker(text, scope);
    ARROW_RETURN_NOT_OK(walker.Visit(parsed));
    Expression expression;
    ARROW_ASSIGN_OR_RAISE(expression.sql_, Write(*parsed));
    expression.references_ = std::move(walker.references);
    expression.deterministic_ = walker.deterministic;
    for (const auto& column : expression.references_) {
      auto& names = expression.columns_;
      if (std::find(names.begin(), names.end(), column.name) == names.end()) {
        names.push_back(column.name);
      }
    }
    return expression;
  });
}

}  // namespace deltaport::engine
