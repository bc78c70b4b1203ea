#include "lake/write/change_query.h"

#include <algorithm>
#include <map>
#include <set>

#include "columnar/delta_schema.h"
#include "engine/query_sql.h"
#include "engine/sql_type.h"
#include "lake/write/column_values.h"

namespace deltaport::lake {
namespace {

using engine::QuoteIdentifier;

std::string Identity(const std::string& alias) {
  const auto relation = QuoteIdentifier(alias);
  return fmt::format("{0}.file_index AS file_index, {0}.file_row_number AS file_row_number",
                     relation);
}

// ", expression AS new_0, …"
std::string Named(const std::vector<std::string>& expressions, std::string_view prefix) {
  std::string text;
  for (size_t i = 0; i < expressions.size(); ++i) {
    text += fmt::format(", {} AS {}_{}", expressions[i], prefix, i);
  }
  return text;
}

// The columns of the row as it was, and its id, as far as they are asked for.
std::string OldColumns(const ChangeTarget& target) {
  std::string text;
  if (target.old_rows) {
    std::vector<std::string> columns;
    for (const auto& field : target.stored_schema->fields()) {
      columns.push_back(QuoteIdentifier(target.alias) + "." + QuoteIdentifier(field->name()));
    }
    text += Named(columns, "old");
  }
  if (!target.row_id_sql.empty()) text += fmt::format(", {} AS row_id", target.row_id_sql);
  return text;
}

std::string From(const ChangeTarget& target) {
  return fmt::format(" FROM {} AS {}", kTargetInput, QuoteIdentifier(target.alias));
}

std::string Where(const std::optional<engine::Expression>& where) {
  return where ? fmt::format(" WHERE ({})", where->sql()) : "";
}

ChangeQuery Shape(const ChangeTarget& target) {
  ChangeQuery query;
  query.old_rows = target.old_rows;
  query.row_ids = !target.row_id_sql.empty();
  return query;
}

}  // namespace

int FindColumn(const arrow::Schema& schema, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (std::ranges::equal(schema.field(i)->name(), name, {}, lower, lower)) return i;
  }
  return -1;
}

Result<ChangeQuery> DeleteQuery(const ChangeTarget& target,
                                const std::optional<engine::Expression>& where) {
  ChangeQuery query = Shape(target);
  query.sql = fmt::format("SELECT {}, CAST({} AS TINYINT) AS change{}{}{}", Identity(target.alias),
                          static_cast<int>(RowChange::kDelete), OldColumns(target), From(target),
                          Where(where));
  return query;
}

Result<ChangeQuery> UpdateQuery(const ChangeTarget& target,
                                const std::vector<Assignment>& assignments,
                                const std::optional<engine::Expression>& where) {
  const engine::ExpressionScope scope{{{target.alias, target.stored_schema}}};
  ARROW_ASSIGN_OR_RAISE(auto values, ColumnValues::OfUpdate(target, assignments, scope));
  ChangeQuery query = Shape(target);
  std::vector<std::string> columns;
  for (int i = 0; i < target.schema->num_fields(); ++i) {
    if (values.left_out(i)) continue;
    query.new_columns.push_back(i);
    columns.push_back(values.sql(i));
  }
  query.updates = true;
  query.update_columns = query.new_columns;
  query.sql = fmt::format("SELECT {}, CAST({} AS TINYINT) AS change{}{}{}{}",
                          Identity(target.alias), static_cast<int>(RowChange::kUpdate),
                          Named(columns, "new"), OldColumns(target), From(target), Where(where));
  return query;
}

namespace {

// A clause with its expressions checked.
struct CheckedClause {
  MergeWhen when;
  MergeAction action;
  std::optional<engine::Expression> condition;
  std::optional<ColumnValues> values;  // Of updates and inserts.
};

class MergeQueryBuilder {
 public:
  MergeQueryBuilder(const ChangeTarget& target, const MergeQueryInput& merge)
      : target_(target),
        merge_(merge),
        file_(QuoteIdentifier(target.alias) + ".file_index"),
        marker_(QuoteIdentifier(merge.source_alias) + "." + QuoteIdentifier(kMarker)) {}

  Result<ChangeQuery> Build() {
    ARROW_ASSIGN_OR_RAISE(const auto on, Parse(merge_.on, ScopeOf(MergeWhen::kMatched), "ON"));
    Use(on);
    for (size_t i = 0; i < merge_.clauses.size(); ++i) ARROW_RETURN_NOT_OK(AddClause(i));
    ARROW_RETURN_NOT_OK(CheckSource());
    ChangeQuery query = Shape(target_);
    query.updates = Has(MergeAction::kUpdate);
    query.inserts = Has(MergeAction::kInsert);
    ARROW_ASSIGN_OR_RAISE(const auto columns, NewColumns(query));
    query.sql = fmt::format("SELECT {}, CAST({} AS TINYINT) AS change{}{}{} ON ({}) WHERE {}",
                            Identity(target_.alias), ChangeSql(), Named(columns, "new"),
                            OldColumns(target_), Join(), on.sql(), Filter());
    return query;
  }

 private:
  static constexpr std::string_view kMarker = "deltaport source row";

  static Result<engine::Expression> Parse(const std::string& text,
                                          const engine::ExpressionScope& scope,
                                          std::string_view what) {
    auto parsed = engine::Expression::Parse(text, scope);
    if (!parsed.ok()) return WithContext(parsed.status(), what);
    if (!parsed->deterministic()) {
      return Error(ErrorCode::kInvalidArgument,
                   "{}: '{}' does not give the same value each time; a condition of MERGE must",
                   what, text);
    }
    return parsed;
  }

  // Notes which columns of the source mean something.
  void Use(const engine::Expression& expression) {
    for (const auto& column : expression.references()) {
      if (column.relation == merge_.source_alias) used_.insert(column.name);
    }
  }

  // What the expressions of a clause see.
  engine::ExpressionScope ScopeOf(MergeWhen when) const {
    engine::ExpressionScope scope;
    if (when != MergeWhen::kNotMatched) scope.relations[target_.alias] = target_.stored_schema;
    if (when != MergeWhen::kNotMatchedBySource) {
      scope.relations[merge_.source_alias] = merge_.source;
    }
    return scope;
  }

  Status AddClause(size_t number) {
    const MergeClause& clause = merge_.clauses[number];
    const auto name = fmt::format("clause {}", number + 1);
    for (const auto& earlier : clauses_) {
      if (earlier.when == clause.when && !earlier.condition) {
        return Error(ErrorCode::kInvalidArgument,
                     "{} is never reached: a clause before it of the same kind has no condition",
                     name);
      }
    }
    CheckedClause checked{clause.when, clause.action, {}, {}};
    const auto scope = ScopeOf(clause.when);
    if (clause.condition) {
      ARROW_ASSIGN_OR_RAISE(checked.condition, Parse(*clause.condition, scope, name));
      Use(*checked.condition);
    }
    if (clause.action != MergeAction::kDelete) {
      auto values = ColumnValues::OfClause(target_, clause, scope, merge_);
      if (!values.ok()) return WithContext(values.status(), name);
      for (const auto& expression : values->expressions()) Use(expression);
      checked.values = *std::move(values);
    }
    clauses_.push_back(std::move(checked));
    return Status::OK();
  }

  // With "*", a column of the source that nothing uses is a mistake (or a new column).
  Status CheckSource() const {
    const bool star = std::ranges::any_of(merge_.clauses, &MergeClause::all_columns);
    if (!star) return Status::OK();
    std::vector<std::string> extra;
    for (const auto& field : merge_.source->fields()) {
      if (FindColumn(*target_.schema, field->name()) >= 0) continue;
      if (used_.contains(field->name())) continue;
      extra.push_back(
          fmt::format("'{}' ({})", field->name(), columnar::DeltaTypeName(*field->type())));
    }
    if (extra.empty()) return Status::OK();
    return Error(ErrorCode::kInvalidArgument,
                 "the source has columns that the table lacks: {}; name the columns instead of "
                 "'*', or let the schema be merged",
                 fmt::join(extra, ", "));
  }

  bool Has(MergeWhen when) const {
    return std::ranges::any_of(clauses_, [&](const auto& clause) { return clause.when == when; });
  }

  // CASE over the clauses of one kind, in order; `result` gives what stands after THEN.
  template <typename ResultOf>
  std::string CaseOf(MergeWhen when, const ResultOf& result) const {
    std::string text;
    std::string otherwise = "NULL";
    for (size_t i = 0; i < clauses_.size(); ++i) {
      const auto& clause = clauses_[i];
      if (clause.when != when) continue;
      if (!clause.condition) {
        otherwise = result(i);
        break;
      }
      text += fmt::format(" WHEN ({}) THEN {}", clause.condition->sql(), result(i));
    }
    return text.empty() ? otherwise : fmt::format("CASE{} ELSE {} END", text, otherwise);
  }

  // One value out of the clause that applies, NULL if none does.
  template <typename ResultOf>
  std::string Choose(const ResultOf& result) const {
    std::string text;
    if (Has(MergeWhen::kNotMatched)) {
      text +=
          fmt::format(" WHEN {} IS NULL THEN {}", file_, CaseOf(MergeWhen::kNotMatched, result));
    }
    if (Has(MergeWhen::kNotMatchedBySource)) {
      text += fmt::format(" WHEN {} IS NULL THEN {}", marker_,
                          CaseOf(MergeWhen::kNotMatchedBySource, result));
    }
    const auto matched = CaseOf(MergeWhen::kMatched, result);
    return text.empty() ? matched : fmt::format("CASE{} ELSE {} END", text, matched);
  }

  std::string ChangeSql() const {
    return Choose([&](size_t i) {
      switch (clauses_[i].action) {
        case MergeAction::kUpdate:
          return std::to_string(static_cast<int>(RowChange::kUpdate));
        case MergeAction::kDelete:
          return std::to_string(static_cast<int>(RowChange::kDelete));
        case MergeAction::kInsert:
          break;
      }
      return std::to_string(static_cast<int>(RowChange::kInsert));
    });
  }

  std::string Filter() const {
    const bool all =
        std::ranges::none_of(clauses_, [](const auto& c) { return c.condition.has_value(); }) &&
        Has(MergeWhen::kMatched);
    return all ? "true" : fmt::format("({}) IS NOT NULL", ChangeSql());
  }

  bool Has(MergeAction action) const {
    return std::ranges::any_of(clauses_, [&](const auto& c) { return c.action == action; });
  }

  // Whether the clauses with that action give the column: all of them, or none.
  Result<bool> Gives(MergeAction action, int column) const {
    bool gives = false, leaves_out = false;
    for (const auto& clause : clauses_) {
      if (clause.action != action) continue;
      (clause.values->left_out(column) ? leaves_out : gives) = true;
    }
    if (gives && leaves_out) {
      return Error(ErrorCode::kUnsupportedFeature,
                   "column '{}' is computed by the table, but some clauses set it and others do "
                   "not; set it in all of them or in none",
                   target_.schema->field(column)->name());
    }
    return gives;
  }

  // The new value of every column that some clause gives.
  Result<std::vector<std::string>> NewColumns(ChangeQuery& query) const {
    std::vector<std::string> columns;
    for (int column = 0; column < target_.schema->num_fields(); ++column) {
      ARROW_ASSIGN_OR_RAISE(const bool update, Gives(MergeAction::kUpdate, column));
      ARROW_ASSIGN_OR_RAISE(const bool insert, Gives(MergeAction::kInsert, column));
      if (update) query.update_columns.push_back(column);
      if (insert) query.insert_columns.push_back(column);
      if (!update && !insert) continue;
      query.new_columns.push_back(column);
      const auto value = [&](size_t i) {
        const auto& values = clauses_[i].values;
        return values && !values->left_out(column) ? values->sql(column) : std::string("NULL");
      };
      std::set<std::string> texts;
      for (size_t i = 0; i < clauses_.size(); ++i) texts.insert(value(i));
      columns.push_back(texts.size() == 1 ? *texts.begin() : Choose(value));
    }
    return columns;
  }

  std::string Join() const {
    const bool inserts = Has(MergeWhen::kNotMatched);
    const bool by_source = Has(MergeWhen::kNotMatchedBySource);
    const std::string_view kind = inserts && by_source ? "FULL JOIN"
                                  : inserts            ? "RIGHT JOIN"
                                  : by_source          ? "LEFT JOIN"
                                                       : "INNER JOIN";
    return fmt::format("{} {} (SELECT *, true AS {} FROM {}) AS {}", From(target_), kind,
                       QuoteIdentifier(kMarker), kSourceInput,
                       QuoteIdentifier(merge_.source_alias));
  }

  const ChangeTarget& target_;
  const MergeQueryInput& merge_;
  const std::string file_;
  const std::string marker_;
  std::vector<CheckedClause> clauses_;
  std::set<std::string> used_;
};

}  // namespace

Result<ChangeQuery> MergeQuery(const ChangeTarget& target, const MergeQueryInput& merge) {
  if (merge.clauses.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a merge needs at least one WHEN clause");
  }
  if (FindColumn(*arrow::schema({arrow::field(target.alias, arrow::null())}), merge.source_alias) ==
      0) {
    return Error(ErrorCode::kInvalidArgument, "table and source have the same name '{}'",
                 target.alias);
  }
  return MergeQueryBuilder(target, merge).Build();
}

}  // namespace deltaport::lake
