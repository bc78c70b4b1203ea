// The questions behind DELETE, UPDATE and MERGE: SQL whose every row is one change of a table.
//
// All have one shape, so that one reader (row_changes.h) carries them out. Columns of the answer:
//   file_index, file_row_number   the changed row, null for an insert
//   change                        a RowChange
//   new_0, new_1, …               the new row, null for a delete; `new_columns` says which
//   old_0, old_1, …               all columns of the row as it was, with `old_rows`
//   row_id                        with `row_ids`: the stable id of the changed row

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/expression.h"
#include "lake/write/merge_clause.h"

namespace deltaport::lake {

enum class RowChange : int8_t { kUpdate = 0, kDelete = 1, kInsert = 2 };

// Names in the SQL text of what is read.
inline constexpr std::string_view kTargetInput = "changed_table";
inline constexpr std::string_view kSourceInput = "change_source";

struct ChangeQuery {
  std::string sql;
  std::vector<int> new_columns;  // Positions in the table's schema.
  // Whether there are changes of the kind at all, and the columns that they give; the table
  // computes the others.
  bool updates = false;
  bool inserts = false;
  std::vector<int> update_columns;
  std::vector<int> insert_columns;
  bool old_rows = false;
  bool row_ids = false;
};

// How a table is changed.
struct ChangeTarget {
  std::shared_ptr<arrow::Schema> schema;         // After the change.
  std::shared_ptr<arrow::Schema> stored_schema;  // Before it; lacks the columns that are new.
  std::string alias = "target";
  bool old_rows = false;
  std::string row_id_sql;  // Empty: not asked for.
};

// The rows for which `where` is true, or all.
Result<ChangeQuery> DeleteQuery(const ChangeTarget& target,
                                const std::optional<engine::Expression>& where);

// kInvalidArgument for a column that does not exist or that may not be set.
Result<ChangeQuery> UpdateQuery(const ChangeTarget& target,
                                const std::vector<Assignment>& assignments,
                                const std::optional<engine::Expression>& where);

struct MergeQueryInput {
  std::shared_ptr<arrow::Schema> source;
  std::string source_alias = "source";
  std::string on;
  std::vector<MergeClause> clauses;
  bool schema_merged = false;  // Columns that the source lacks keep their value or are null.
};

// kInvalidArgument naming the clause for a mistake in an expression, for a clause that no row can
// reach, and listing the differences where "*" does not fit the source.
Result<ChangeQuery> MergeQuery(const ChangeTarget& target, const MergeQueryInput& merge);

// Position of a column, upper and lower case alike; -1 if there is none.
int FindColumn(const arrow::Schema& schema, std::string_view name);

}  // namespace deltaport::lake
