// What an UPDATE or a MERGE is told to do, as values, and their form as text.
//
// The texts follow SQL: "a = a + 1, b = DEFAULT" for assignments, and for a clause of MERGE what
// stands after WHEN:
//   matched [and CONDITION] then update set A = EXPRESSION, … | update * | delete
//   not matched [by target] [and CONDITION] then insert (A, …) values (EXPRESSION, …) | insert *
//   not matched by source [and CONDITION] then update set A = EXPRESSION, … | delete
// Only the frame is read here; expressions stay text until engine::Expression checks them.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace deltaport::lake {

struct Assignment {
  std::string column;
  std::string expression;  // "DEFAULT", in any case, stands for the column's default.
};

enum class MergeWhen { kMatched, kNotMatched, kNotMatchedBySource };
enum class MergeAction { kUpdate, kDelete, kInsert };

struct MergeClause {
  MergeWhen when = MergeWhen::kMatched;
  std::optional<std::string> condition;
  MergeAction action = MergeAction::kUpdate;
  bool all_columns = false;             // UPDATE *, INSERT *: every column from the source.
  std::vector<Assignment> assignments;  // Otherwise; columns left out keep or get their default.
};

inline constexpr size_t kClauseMaxBytes = 1024 * 1024;

// kInvalidArgument saying what was expected where, also for a column that stands twice.
Result<std::vector<Assignment>> ParseAssignments(std::string_view text);
Result<MergeClause> ParseMergeClause(std::string_view text);

// True for the word DEFAULT in any case.
bool IsDefault(std::string_view expression);

}  // namespace deltaport::lake
