#include "engine/duckdb/statement_walker.h"

#include <utility>

#include <duckdb/common/string_util.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/statement/select_statement.hpp>

#include "engine/duckdb/statement_functions.h"
#include "engine/duckdb/statement_guard.h"

namespace deltaport::engine {
namespace {

std::string Lower(const std::string& name) { return duckdb::StringUtil::Lower(name); }

// Counts nesting for as long as it lives.
class Level {
 public:
  explicit Level(int& depth) : depth_(++depth) {}
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

  Status Check() const {
    if (depth_ <= kSqlMaxDepth) return Status::OK();
    return Error(ErrorCode::kInvalidArgument, "the SQL text is nested more than {} levels deep",
                 kSqlMaxDepth);
  }

 private:
  int& depth_;
};

Status CheckFunction(const std::string& catalog, const std::string& schema,
                     const std::string& name) {
  const auto lower = Lower(name);
  const bool plain =
      (catalog.empty() || catalog == "system") && (schema.empty() || schema == "main");
  if (plain && IsAllowedFunction(lower)) return Status::OK();
  if (IsRefusedFunction(lower) || IsAllowedTableFunction(lower)) {
    return Error(ErrorCode::kPermissionDenied, "function '{}' is not allowed in queries", name);
  }
  return Error(ErrorCode::kInvalidArgument, "function '{}' does not exist", name);
}

// Tables of the standard's information schema, which show what the lake shows.
bool IsInformationSchema(const duckdb::BaseTableRef& table) {
  const auto catalog = Lower(table.catalog_name);
  const auto name = Lower(table.table_name);
  return (catalog.empty() || catalog == kLakeCatalog) &&
         Lower(table.schema_name) == "information_schema" &&
         (name == "tables" || name == "columns" || name == "schemata");
}

}  // namespace

StatementWalker::StatementWalker(const TableResolver& tables) {
  for (const auto& name : tables.Names()) tables_.insert(Lower(name));
}

Status StatementWalker::VisitQuery(duckdb::QueryNode& query) {
  const Level level(depth_);
  ARROW_RETURN_NOT_OK(level.Check());
  scopes_.emplace_back();
  const auto status = VisitQueryParts(query);
  scopes_.pop_back();
  return status;
}

Status StatementWalker::VisitQueryParts(duckdb::QueryNode& query) {
  ARROW_RETURN_NOT_OK(VisitCteMap(query));
  ARROW_RETURN_NOT_OK(VisitModifiers(query));
  switch (query.type) {
    case duckdb::QueryNodeType::SELECT_NODE:
      return VisitSelect(query.Cast<duckdb::SelectNode>());
    case duckdb::QueryNodeType::SET_OPERATION_NODE:
      for (auto& child : query.Cast<duckdb::SetOperationNode>().children) {
        ARROW_RETURN_NOT_OK(VisitQuery(*child));
      }
      return Status::OK();
    case duckdb::QueryNodeType::RECURSIVE_CTE_NODE:
      return VisitRecursiveCte(query.Cast<duckdb::RecursiveCTENode>());
    default:
      return Error(ErrorCode::kInvalidArgument,
                   "only read-only SELECT and DESCRIBE statements are allowed");
  }
}

Status StatementWalker::VisitSelect(duckdb::SelectNode& select) {
  ARROW_RETURN_NOT_OK(VisitAll(select.select_list));
  ARROW_RETURN_NOT_OK(VisitAll(select.groups.group_expressions));
  for (auto* clause : {&select.where_clause, &select.having, &select.qualify}) {
    if (*clause) ARROW_RETURN_NOT_OK(VisitExpression(**clause));
  }
  return select.from_table ? VisitTable(*select.from_table) : Status::OK();
}

Status StatementWalker::VisitRecursiveCte(duckdb::RecursiveCTENode& cte) {
  ARROW_RETURN_NOT_OK(VisitAll(cte.key_targets));
  ARROW_RETURN_NOT_OK(VisitQuery(*cte.left));
  scopes_.back().insert(Lower(cte.ctename));
  return VisitQuery(*cte.right);
}

// An expression sees those before it, as in the standard; a recursive one adds its own name.
Status StatementWalker::VisitCteMap(duckdb::QueryNode& query) {
  for (auto& entry : query.cte_map.map) {
    ARROW_RETURN_NOT_OK(VisitAll(entry.second->key_targets));
    ARROW_RETURN_NOT_OK(VisitQuery(*entry.second->query->node));
    scopes_.back().insert(Lower(entry.first));
  }
  return Status::OK();
}

Status StatementWalker::VisitModifiers(duckdb::QueryNode& query) {
  Status status;
  duckdb::ParsedExpressionIterator::EnumerateQueryNodeModifiers(query, [&](auto& child) {
    if (status.ok()) status = VisitExpression(*child);
  });
  return status;
}

Status StatementWalker::VisitTable(duckdb::TableRef& table) {
  const Level level(depth_);
  ARROW_RETURN_NOT_OK(level.Check());
  switch (table.type) {
    case duckdb::TableReferenceType::BASE_TABLE:
      return VisitBaseTable(table.Cast<duckdb::BaseTableRef>());
    case duckdb::TableReferenceType::SUBQUERY:
      return VisitQuery(*table.Cast<duckdb::SubqueryRef>().subquery->node);
    case duckdb::TableReferenceType::JOIN:
      return VisitJoin(table.Cast<duckdb::JoinRef>());
    case duckdb::TableReferenceType::TABLE_FUNCTION:
      return VisitTableFunction(table.Cast<duckdb::TableFunctionRef>());
    case duckdb::TableReferenceType::EXPRESSION_LIST:
      for (auto& row : table.Cast<duckdb::ExpressionListRef>().values) {
        ARROW_RETURN_NOT_OK(VisitAll(row));
      }
      return Status::OK();
    case duckdb::TableReferenceType::PIVOT:
      return VisitPivot(table.Cast<duckdb::PivotRef>());
    case duckdb::TableReferenceType::SHOW_REF:
      return VisitShow(table.Cast<duckdb::ShowRef>());
    case duckdb::TableReferenceType::EMPTY_FROM:
      return Status::OK();
    default:
      return Error(ErrorCode::kPermissionDenied, "this kind of table is not allowed in queries");
  }
}

Status StatementWalker::VisitBaseTable(duckdb::BaseTableRef& table) {
  if (table.at_clause) {
    ARROW_RETURN_NOT_OK(VisitExpression(*table.at_clause->ExpressionMutable()));
  }
  const auto catalog = Lower(table.catalog_name);
  const auto schema = Lower(table.schema_name);
  if (catalog.empty() && schema.empty() && IsCte(Lower(table.table_name))) return Status::OK();
  if (IsInformationSchema(table)) return Status::OK();
  const bool in_lake =
      (catalog.empty() || catalog == kLakeCatalog) &&
      (schema.empty() || schema == kLakeSchema || (catalog.empty() && schema == kLakeCatalog));
  if (in_lake) return CheckTableName(table.table_name);
  return Error(ErrorCode::kPermissionDenied,
               "schema '{}' is not allowed in queries: name tables of the lake without a schema",
               catalog.empty() ? table.schema_name : table.catalog_name + "." + table.schema_name);
}

Status StatementWalker::VisitJoin(duckdb::JoinRef& join) {
  ARROW_RETURN_NOT_OK(VisitTable(*join.left));
  ARROW_RETURN_NOT_OK(VisitTable(*join.right));
  return join.condition ? VisitExpression(*join.condition) : Status::OK();
}

Status StatementWalker::VisitTableFunction(duckdb::TableFunctionRef& table) {
  if (table.subquery) ARROW_RETURN_NOT_OK(VisitQuery(*table.subquery->node));
  if (table.function->GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) {
    return Error(ErrorCode::kInvalidArgument, "a table function must be called by its name");
  }
  auto& function = table.function->Cast<duckdb::FunctionExpression>();
  if (!function.catalog.empty() || !function.schema.empty() ||
      !IsAllowedTableFunction(Lower(function.function_name))) {
    return Error(ErrorCode::kPermissionDenied, "table function '{}' is not allowed in queries",
                 function.function_name);
  }
  return VisitChildren(function);
}

Status StatementWalker::VisitPivot(duckdb::PivotRef& pivot) {
  ARROW_RETURN_NOT_OK(VisitTable(*pivot.source));
  ARROW_RETURN_NOT_OK(VisitAll(pivot.aggregates));
  for (auto& column : pivot.pivots) {
    if (!column.pivot_enum.empty()) {
      return Error(ErrorCode::kPermissionDenied, "PIVOT over an enum is not allowed in queries");
    }
    ARROW_RETURN_NOT_OK(VisitAll(column.pivot_expressions));
    for (auto& entry : column.entries) {
      if (entry.expr) ARROW_RETURN_NOT_OK(VisitExpression(*entry.expr));
    }
    if (column.subquery) ARROW_RETURN_NOT_OK(VisitQuery(*column.subquery));
  }
  return Status::OK();
}

// DESCRIBE and SUMMARIZE of a query or a table, SHOW TABLES. The last comes with a name of its own.
Status StatementWalker::VisitShow(duckdb::ShowRef& show) {
  if (show.query) return VisitQuery(*show.query);
  if (!show.catalog_name.empty() || !show.schema_name.empty()) {
    return Error(ErrorCode::kPermissionDenied, "SHOW of another schema is not allowed in queries");
  }
  const auto name = Lower(show.table_name);
  if (name.empty() || name == "\"tables\"" || name == "tables" ||
      name == "__show_tables_expanded") {
    return Status::OK();
  }
  if (IsCte(name)) return Status::OK();
  return CheckTableName(show.table_name);
}

Status StatementWalker::VisitExpression(duckdb::ParsedExpression& expression) {
  const Level level(depth_);
  ARROW_RETURN_NOT_OK(level.Check());
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::FUNCTION: {
      const auto& function = expression.Cast<duckdb::FunctionExpression>();
      ARROW_RETURN_NOT_OK(CheckFunction(function.catalog, function.schema, function.function_name));
      break;
    }
    case duckdb::ExpressionClass::WINDOW: {
      const auto& window = expression.Cast<duckdb::WindowExpression>();
      ARROW_RETURN_NOT_OK(CheckFunction(window.catalog, window.schema, window.function_name));
      break;
    }
    case duckdb::ExpressionClass::SUBQUERY:
      ARROW_RETURN_NOT_OK(
          VisitQuery(*expression.Cast<duckdb::SubqueryExpression>().subquery->node));
      break;
    case duckdb::ExpressionClass::PARAMETER:
      return Error(ErrorCode::kInvalidArgument,
                   "parameters ($1, ?) are not supported: write the values into the SQL text");
    case duckdb::ExpressionClass::BOUND_EXPRESSION:
      return Error(ErrorCode::kPermissionDenied, "this expression is not allowed in queries");
    default:
      break;
  }
  return VisitChildren(expression);
}

// The library's iterator throws for kinds of expressions that it does not know.
Status StatementWalker::VisitChildren(duckdb::ParsedExpression& expression) {
  Status status;
  try {
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) {
          if (child && status.ok()) status = VisitExpression(*child);
        });
  } catch (const duckdb::NotImplementedException&) {
    return Error(ErrorCode::kPermissionDenied, "the expression {} is not allowed in queries",
                 expression.ToString());
  }
  return status;
}

template <typename Expressions>
Status StatementWalker::VisitAll(Expressions& expressions) {
  for (auto& expression : expressions) {
    if (expression) ARROW_RETURN_NOT_OK(VisitExpression(*expression));
  }
  return Status::OK();
}

bool StatementWalker::IsCte(const std::string& lower_case_name) const {
  return std::any_of(scopes_.begin(), scopes_.end(),
                     [&](const Names& names) { return names.contains(lower_case_name); });
}

Status StatementWalker::CheckTableName(const std::string& name) const {
  if (tables_.contains(Lower(name))) return Status::OK();
  return Error(ErrorCode::kInvalidArgument,
               "table '{}' is not a registered dataset accessible from the SQL endpoint", name);
}

}  // namespace deltaport::engine
