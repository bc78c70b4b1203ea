// Walks a parsed query and refuses every part that is not on a list. See statement_guard.h.

#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <duckdb.hpp>
#include <duckdb/parser/expression/list.hpp>
#include <duckdb/parser/query_node/list.hpp>
#include <duckdb/parser/tableref/list.hpp>

#include "base/error.h"
#include "engine/table_source.h"

namespace deltaport::engine {

class StatementWalker {
 public:
  explicit StatementWalker(const TableResolver& tables);

  Status VisitQuery(duckdb::QueryNode& query);

 private:
  using Names = std::unordered_set<std::string>;  // In lower case.

  Status VisitQueryParts(duckdb::QueryNode& query);
  Status VisitSelect(duckdb::SelectNode& select);
  Status VisitRecursiveCte(duckdb::RecursiveCTENode& cte);
  Status VisitCteMap(duckdb::QueryNode& query);
  Status VisitModifiers(duckdb::QueryNode& query);

  Status VisitTable(duckdb::TableRef& table);
  Status VisitBaseTable(duckdb::BaseTableRef& table);
  Status VisitJoin(duckdb::JoinRef& join);
  Status VisitTableFunction(duckdb::TableFunctionRef& table);
  Status VisitPivot(duckdb::PivotRef& pivot);
  Status VisitShow(duckdb::ShowRef& show);

  Status VisitExpression(duckdb::ParsedExpression& expression);
  Status VisitChildren(duckdb::ParsedExpression& expression);
  template <typename Expressions>
  Status VisitAll(Expressions& expressions);

  bool IsCte(const std::string& lower_case_name) const;
  Status CheckTableName(const std::string& name) const;

  Names tables_;
  std::vector<Names> scopes_;  // Names of common table expressions, innermost last.
  int depth_ = 0;
};

}  // namespace deltaport::engine
