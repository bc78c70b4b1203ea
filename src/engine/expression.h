// SQL expressions of clients and of table metadata as checked values.
//
// An Expression is one scalar expression over the columns of named relations. Its text is written
// anew from the checked tree, so that it can stand in statements that we compose: it holds no
// subquery, no aggregate, no window, no table function and no function outside the allow-list of
// engine/duckdb/statement_functions.h, and every column is one of the scope.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::engine {

inline constexpr size_t kExpressionMaxBytes = 64 * 1024;
inline constexpr int kExpressionMaxDepth = 100;

// The relations that an expression may name, by the alias that they have in the statement around
// it. The alias "" stands for a relation whose columns are written without one.
struct ExpressionScope {
  std::map<std::string, std::shared_ptr<arrow::Schema>> relations;
};

// Immutable; safe to share between threads. Types are not checked here: an expression that is
// applied to the wrong ones fails with kInvalidArgument when its statement is prepared.
class Expression {
 public:
  // A column that an expression reads, with the name that the schema has for it.
  struct Column {
    std::string relation;
    std::string name;
    bool operator==(const Column&) const = default;
  };

  // `text` in DuckDB's dialect. A name is looked up as written, then without regard to case; a
  // column comes before a field of a struct, `alias.column` before `column.field`.
  // kInvalidArgument, with line and column, for text that is no scalar expression, for columns that
  // are unknown or stand in several relations; kPermissionDenied for functions that are kept from
  // clients.
  static Result<Expression> Parse(std::string_view text, const ExpressionScope& scope);

  // `text` in the dialect of Spark SQL, as it stands in the metadata of tables: constraints,
  // generated columns, defaults. The scope has one relation. `stored_as`: the type of the column
  // that keeps the value; null for none. The meaning is that of Spark 4 with default settings in
  // UTC: what overflows, divides by zero or cannot be cast is an error of the query.
  // kUnsupportedFeature telling what cannot be translated and where, kInvalidArgument for columns
  // that do not exist.
  static Result<Expression> ParseSpark(std::string_view text, const ExpressionScope& scope,
                                       const std::shared_ptr<arrow::DataType>& stored_as = nullptr);

  // The checked text. Put it in parentheses.
  const std::string& sql() const { return sql_; }

  // The columns that it reads, each once, in the order of their first use.
  const std::vector<Column>& references() const { return references_; }
  // Their names alone: enough where the scope has one relation.
  const std::vector<std::string>& columns() const { return columns_; }

  // Of the value; null unless the expression came from ParseSpark.
  const std::shared_ptr<arrow::DataType>& type() const { return type_; }

  // Whether equal rows always give equal values: no random numbers, no clock.
  bool deterministic() const { return deterministic_; }

 private:
  Expression() = default;

  std::string sql_;
  std::vector<Column> references_;
  std::vector<std::string> columns_;
  std::shared_ptr<arrow::DataType> type_;
  bool deterministic_ = true;
};

}  // namespace deltaport::engine
