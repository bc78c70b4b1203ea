#include "engine/duckdb/statement_guard.h"

#include <algorithm>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>

#include "engine/duckdb/sql_text.h"
#include "engine/duckdb/statement_walker.h"

namespace deltaport::engine {
namespace {

constexpr SqlTextLimits kLimits = {kSqlMaxBytes, kSqlMaxDepth};

Status NotReading() {
  return Error(ErrorCode::kInvalidArgument,
               "only read-only SELECT and DESCRIBE statements are allowed");
}

// The query of a SELECT, or of an EXPLAIN of one; null for every other statement.
duckdb::QueryNode* QueryOf(duckdb::SQLStatement& statement) {
  if (statement.type == duckdb::StatementType::EXPLAIN_STATEMENT) {
    auto& inner = *statement.Cast<duckdb::ExplainStatement>().stmt;
    if (inner.type != duckdb::StatementType::SELECT_STATEMENT) return nullptr;
    return QueryOf(inner);
  }
  if (statement.type != duckdb::StatementType::SELECT_STATEMENT) return nullptr;
  return statement.Cast<duckdb::SelectStatement>().node.get();
}

bool HasOrder(const duckdb::QueryNode& query) {
  return std::any_of(query.modifiers.begin(), query.modifiers.end(), [](const auto& modifier) {
    return modifier->type == duckdb::ResultModifierType::ORDER_MODIFIER;
  });
}

}  // namespace

Result<GuardedStatement> GuardStatement(std::string_view sql, const TableResolver& tables) {
  ARROW_RETURN_NOT_OK(CheckSqlText(sql, kLimits));
  ARROW_ASSIGN_OR_RAISE(auto statements, ParseSqlText("", sql, "", kLimits));
  if (statements.empty()) return Error(ErrorCode::kInvalidArgument, "sql must not be empty");
  if (statements.size() > 1) {
    return Error(ErrorCode::kInvalidArgument, "exactly one SQL statement is allowed");
  }
  if (statements[0]->type == duckdb::StatementType::MULTI_STATEMENT) {
    return Error(ErrorCode::kInvalidArgument,
                 "PIVOT needs its values: write PIVOT … ON column IN (value, …)");
  }
  auto* query = QueryOf(*statements[0]);
  if (query == nullptr) return NotReading();
  StatementWalker walker(tables);
  ARROW_RETURN_NOT_OK(walker.VisitQuery(*query));
  const bool ordered = HasOrder(*query);
  return GuardedStatement{std::move(statements[0]), ordered};
}

}  // namespace deltaport::engine
