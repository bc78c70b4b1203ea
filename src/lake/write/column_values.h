// What every column of a changed or inserted row gets, as SQL.

#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "engine/expression.h"
#include "lake/write/change_query.h"

namespace deltaport::lake {

class ColumnValues {
 public:
  // `assignments` over the row as it is.
  static Result<ColumnValues> OfUpdate(const ChangeTarget& target,
                                       const std::vector<Assignment>& assignments,
                                       const engine::ExpressionScope& scope);

  // Of an UPDATE or INSERT clause. kInvalidArgument listing the columns that "*" does not find in
  // the source.
  static Result<ColumnValues> OfClause(const ChangeTarget& target, const MergeClause& clause,
                                       const engine::ExpressionScope& scope,
                                       const MergeQueryInput& merge);

  // The table computes the column itself (generated, identity).
  bool left_out(int column) const { return sql_[static_cast<size_t>(column)].empty(); }
  // Of the column's type.
  const std::string& sql(int column) const { return sql_[static_cast<size_t>(column)]; }

  // Those that were given as text.
  const std::vector<engine::Expression>& expressions() const { return expressions_; }

 private:
  explicit ColumnValues(const ChangeTarget& target);
  Status KeepOthers(const ChangeTarget& target);
  Status FillOthers(const ChangeTarget& target);
  Status Assign(const ChangeTarget& target, const std::vector<Assignment>& assignments,
                const engine::ExpressionScope& scope);
  Status AssignAll(const ChangeTarget& target, const MergeClause& clause,
                   const MergeQueryInput& merge);

  std::vector<std::string> sql_;  // Empty: no value.
  std::vector<bool> decided_;
  std::vector<engine::Expression> expressions_;
};

}  // namespace deltaport::lake
