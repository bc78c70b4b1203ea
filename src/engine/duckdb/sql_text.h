// SQL text of clients as parsed statements, within bounds, with mistakes told by line and column.

#pragma once

#include <string>
#include <string_view>

#include <duckdb.hpp>
#include <duckdb/common/error_data.hpp>

#include "base/error.h"

namespace deltaport::engine {

struct SqlTextLimits {
  size_t bytes = 0;
  int depth = 0;  // Nesting of expressions.
};

// kInvalidArgument for more bytes than allowed, and for text that is not UTF-8 or has null bytes.
Status CheckSqlText(std::string_view sql, const SqlTextLimits& limits);

// " (line 2, column 7)" for a byte offset into the text.
std::string PositionText(std::string_view sql, size_t offset);

// Parses `before` + `sql` + `after`, where only `sql` is the client's and positions count in it.
// kInvalidArgument with the position for text that is no SQL.
Result<duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>>> ParseSqlText(
    std::string_view before, std::string_view sql, std::string_view after,
    const SqlTextLimits& limits);

}  // namespace deltaport::engine
