// What a table asks of its rows, read out of its metadata.
//
// Source: PROTOCOL.md, "CHECK Constraints", "Column Invariants", "Generated Columns", "Identity
// Columns", "Default Columns"; lengths of char and varchar columns as Spark records them.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/action.h"
#include "engine/expression.h"

namespace deltaport::lake {

// Keys of field metadata.
inline constexpr char kGenerationKey[] = "delta.generationExpression";
inline constexpr char kInvariantKey[] = "delta.invariants";
inline constexpr char kDefaultKey[] = "CURRENT_DEFAULT";
inline constexpr char kIdentityStartKey[] = "delta.identity.start";
inline constexpr char kIdentityStepKey[] = "delta.identity.step";
inline constexpr char kIdentityMarkKey[] = "delta.identity.highWaterMark";
inline constexpr char kIdentityExplicitKey[] = "delta.identity.allowExplicitInsert";
inline constexpr char kTextTypeKey[] = "__CHAR_VARCHAR_TYPE_STRING";
inline constexpr std::string_view kConstraintPrefix = "delta.constraints.";

// The alias of the rows in all expressions of rules.
inline constexpr std::string_view kRowAlias = "t";

// Must be true for each row; false and null are violations.
struct RowCheck {
  std::string rule;  // For messages: "the constraint 'positive'".
  std::string text;  // The expression as its author wrote it.
  engine::Expression expression;
};

struct DerivedColumn {
  std::string column;
  std::string text;
  engine::Expression expression;  // Of the column's type.
};

struct IdentityColumn {
  std::string column;
  int64_t start = 1;
  int64_t step = 1;
  std::optional<int64_t> high_water_mark;  // The value that was given last.
  bool explicit_values = false;            // Rows may bring their own.
};

// A char or varchar column.
struct TextLength {
  std::string column;
  std::string type;  // "varchar(10)"
  int64_t characters = 0;
  bool padded = false;  // char: shorter values get blanks at their end.
};

struct TableRules {
  // kUnsupportedFeature naming the rule and its expression if that cannot be evaluated here,
  // kCorruptTable naming the column for metadata that contradicts itself.
  static Result<TableRules> Of(const delta::Metadata& metadata, const arrow::Schema& schema);

  const DerivedColumn* Default(std::string_view column) const;
  const DerivedColumn* Generated(std::string_view column) const;
  const IdentityColumn* Identity(std::string_view column) const;
  bool empty() const;

  std::vector<RowCheck> checks;  // Constraints and invariants.
  std::vector<DerivedColumn> defaults;
  std::vector<DerivedColumn> generated;
  std::vector<IdentityColumn> identities;
  std::vector<TextLength> lengths;
};

// A CHECK constraint out of Spark SQL text, over the columns of `schema`. kInvalidArgument if it is
// no condition, kUnsupportedFeature if it cannot be evaluated here.
Result<RowCheck> ParseConstraint(std::string_view name, std::string_view text,
                                 const arrow::Schema& schema);

// What a generated column computes. kInvalidArgument, beside the errors of the expression, for one
// that looks at the clock or at itself.
Result<DerivedColumn> ParseGenerated(const arrow::Field& column, std::string_view text,
                                     const arrow::Schema& schema);

// The default of a column: an expression over no columns.
Result<DerivedColumn> ParseDefault(const arrow::Field& column, std::string_view text);

}  // namespace deltaport::lake
