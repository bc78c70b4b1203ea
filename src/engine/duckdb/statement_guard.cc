#include "engine/duckdb/statement_guard.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <arrow/util/utf8.h>
#include <duckdb.hpp>
#include <duckdb/common/error_data.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>

#include "engine/duckdb/statement_walker.h"

namespace deltaport::engine {
namespace {

Status CheckText(std::string_view sql) {
  if (sql.size() > kSqlMaxBytes) {
    return Error(ErrorCode::kInvalidArgument,
                 "the SQL text has {} bytes, more than the {} that are allowed", sql.size(),
                 kSqlMaxBytes);
  }
  if (sql.find('\0') != std::string_view::npos ||
      !arrow::util::ValidateUTF8(reinterpret_cast<const uint8_t*>(sql.data()),
                                 static_cast<int64_t>(sql.size()))) {
    return Error(ErrorCode::kInvalidArgument,
                 "could not parse SQL: the text must be UTF-8 without null bytes");
  }
  return Status::OK();
}

// " (line 2, column 7)" for a byte offset into the text, "" without one.
std::string PositionText(std::string_view sql, const duckdb::ErrorData& error) {
  const auto entry = error.ExtraInfo().find("position");
  if (entry == error.ExtraInfo().end()) return "";
  const size_t offset =
      std::min<size_t>(std::strtoull(entry->second.c_str(), nullptr, 10), sql.size());
  const auto before = sql.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
  return fmt::format(" (line {}, column {})", line, offset - line_start + 1);
}

Result<duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>>> Parse(std::string_view sql) {
  duckdb::ParserOptions options;
  options.max_expression_depth = kSqlMaxDepth;
  duckdb::Parser parser(options);
  try {
    parser.ParseQuery(std::string(sql));
  } catch (const std::exception& exception) {
    const duckdb::ErrorData error(exception);
    return Error(ErrorCode::kInvalidArgument, "could not parse SQL: {}{}", error.RawMessage(),
                 PositionText(sql, error));
  }
  return std::move(parser.statements);
}

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
  ARROW_RETURN_NOT_OK(CheckText(sql));
  ARROW_ASSIGN_OR_RAISE(auto statements, Parse(sql));
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
