// The gate for SQL text that comes from clients.
//
// The text is parsed, and the parsed tree is walked before anything is bound (binding already opens
// files). Only what is on a list passes: one statement that reads (SELECT, VALUES, FROM, DESCRIBE,
// SUMMARIZE, SHOW TABLES, EXPLAIN of these), tables of the lake by name, and the functions of
// statement_functions.h. A node that the walker does not know is refused.

#pragma once

#include <string_view>

#include <duckdb/parser/sql_statement.hpp>

#include "base/error.h"
#include "engine/table_source.h"

namespace deltaport::engine {

// Names under which the attached catalogue and its schema are known in SQL.
inline constexpr std::string_view kLakeCatalog = "lake";
inline constexpr std::string_view kLakeSchema = "main";

inline constexpr size_t kSqlMaxBytes = 1024 * 1024;
inline constexpr int kSqlMaxDepth = 200;  // Nesting of expressions and of queries.

struct GuardedStatement {
  duckdb::unique_ptr<duckdb::SQLStatement> statement;
  bool ordered = false;  // The outermost query has an ORDER BY.
};

// kInvalidArgument for text that is not one reading statement over known tables (syntax errors
// carry line and column), kPermissionDenied for functions and objects that are kept from clients.
Result<GuardedStatement> GuardStatement(std::string_view sql, const TableResolver& tables);

}  // namespace deltaport::engine
