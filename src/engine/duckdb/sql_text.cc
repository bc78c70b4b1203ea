#include "engine/duckdb/sql_text.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <duckdb/parser/parser.hpp>

#include "columnar/utf8.h"

namespace deltaport::engine {
namespace {

std::string ErrorPosition(std::string_view sql, size_t skipped, const duckdb::ErrorData& error) {
  const auto entry = error.ExtraInfo().find("position");
  if (entry == error.ExtraInfo().end()) return "";
  const size_t offset = std::strtoull(entry->second.c_str(), nullptr, 10);
  return PositionText(sql, offset > skipped ? offset - skipped : 0);
}

}  // namespace

Status CheckSqlText(std::string_view sql, const SqlTextLimits& limits) {
  if (sql.size() > limits.bytes) {
    return Error(ErrorCode::kInvalidArgument,
                 "the SQL text has {} bytes, more than the {} that are allowed", sql.size(),
                 limits.bytes);
  }
  if (sql.find('\0') != std::string_view::npos || !columnar::IsUtf8(sql)) {
    return Error(ErrorCode::kInvalidArgument,
                 "could not parse SQL: the text must be UTF-8 without null bytes");
  }
  return Status::OK();
}

std::string PositionText(std::string_view sql, size_t offset) {
  const auto before = sql.substr(0, std::min(offset, sql.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0.
  return fmt::format(" (line {}, column {})", line, before.size() - line_start + 1);
}

Result<duckdb::vector<duckdb::unique_ptr<duckdb::SQLStatement>>> ParseSqlText(
    std::string_view before, std::string_view sql, std::string_view after,
    const SqlTextLimits& limits) {
  duckdb::ParserOptions options;
  options.max_expression_depth = static_cast<duckdb::idx_t>(limits.depth);
  duckdb::Parser parser(options);
  try {
    parser.ParseQuery(fmt::format("{}{}{}", before, sql, after));
  } catch (const std::exception& exception) {
    const duckdb::ErrorData error(exception);
    return Error(ErrorCode::kInvalidArgument, "could not parse SQL: {}{}", error.RawMessage(),
                 ErrorPosition(sql, before.size(), error));
  }
  return std::move(parser.statements);
}

}  // namespace deltaport::engine
