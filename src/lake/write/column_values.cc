#include "lake/write/column_values.h"

#include <arrow/util/key_value_metadata.h>

#include "columnar/delta_schema.h"
#include "engine/query_sql.h"
#include "engine/sql_type.h"
#include "lake/write/table_rules.h"

namespace deltaport::lake {
namespace {

using engine::QuoteIdentifier;

// Field metadata of the protocol.
constexpr char kGenerationKey[] = "delta.generationExpression";
constexpr char kIdentityKey[] = "delta.identity.start";

std::string MetadataOf(const arrow::Field& field, const char* key) {
  if (!field.HasMetadata()) return "";
  return field.metadata()->Get(key).ValueOr("");
}

bool IsGenerated(const arrow::Field& field) { return !MetadataOf(field, kGenerationKey).empty(); }
bool IsIdentity(const arrow::Field& field) { return !MetadataOf(field, kIdentityKey).empty(); }

Result<std::string> Cast(std::string_view sql, const arrow::DataType& type) {
  ARROW_ASSIGN_OR_RAISE(const auto name, engine::SqlTypeName(type));
  return fmt::format("CAST({} AS {})", sql, name);
}

// The column's default, NULL if it has none.
Result<std::string> DefaultOf(const arrow::Field& field) {
  const auto text = MetadataOf(field, kDefaultKey);
  if (text.empty()) return Cast("NULL", *field.type());
  const engine::ExpressionScope no_columns{{{"", arrow::schema(arrow::FieldVector{})}}};
  auto parsed = engine::Expression::ParseSpark(text, no_columns, field.type());
  if (!parsed.ok()) {
    return WithContext(parsed.status(), fmt::format("default of column '{}'", field.name()));
  }
  return Cast(fmt::format("({})", parsed->sql()), *field.type());
}

}  // namespace

ColumnValues::ColumnValues(const ChangeTarget& target)
    : sql_(static_cast<size_t>(target.schema->num_fields())), decided_(sql_.size()) {}

Status ColumnValues::KeepOthers(const ChangeTarget& target) {
  for (size_t i = 0; i < sql_.size(); ++i) {
    const auto& field = *target.schema->field(static_cast<int>(i));
    if (decided_[i] || IsGenerated(field)) continue;
    const auto stored = target.stored_schema->GetFieldByName(field.name());
    if (!stored) {
      ARROW_ASSIGN_OR_RAISE(sql_[i], Cast("NULL", *field.type()));
      continue;
    }
    sql_[i] = QuoteIdentifier(target.alias) + "." + QuoteIdentifier(field.name());
    // A type may become wider, and a struct get members.
    if (!stored->type()->Equals(field.type())) {
      ARROW_ASSIGN_OR_RAISE(sql_[i], Cast(sql_[i], *field.type()));
    }
  }
  return Status::OK();
}

Status ColumnValues::FillOthers(const ChangeTarget& target) {
  for (size_t i = 0; i < sql_.size(); ++i) {
    const auto& field = *target.schema->field(static_cast<int>(i));
    if (decided_[i] || IsGenerated(field) || IsIdentity(field)) continue;
    ARROW_ASSIGN_OR_RAISE(sql_[i], DefaultOf(field));
  }
  return Status::OK();
}

Status ColumnValues::Assign(const ChangeTarget& target, const std::vector<Assignment>& assignments,
                            const engine::ExpressionScope& scope) {
  for (const auto& [name, text] : assignments) {
    const int column = FindColumn(*target.schema, name);
    if (column < 0) {
      return Error(ErrorCode::kInvalidArgument, "the table has no column '{}' to set; it has {}",
                   name, fmt::join(target.schema->field_names(), ", "));
    }
    const auto& field = *target.schema->field(column);
    const auto i = static_cast<size_t>(column);
    decided_[i] = true;
    if (IsDefault(text)) {
      if (IsGenerated(field) || IsIdentity(field)) continue;
      ARROW_ASSIGN_OR_RAISE(sql_[i], DefaultOf(field));
      continue;
    }
    auto parsed = engine::Expression::Parse(text, scope);
    if (!parsed.ok()) return WithContext(parsed.status(), fmt::format("column '{}'", name));
    ARROW_ASSIGN_OR_RAISE(sql_[i], Cast(fmt::format("({})", parsed->sql()), *field.type()));
    expressions_.push_back(*std::move(parsed));
  }
  return Status::OK();
}

Status ColumnValues::AssignAll(const ChangeTarget& target, const MergeClause& clause,
                               const MergeQueryInput& merge) {
  std::vector<std::string> missing;
  for (size_t i = 0; i < sql_.size(); ++i) {
    const auto& field = *target.schema->field(static_cast<int>(i));
    const int column = FindColumn(*merge.source, field.name());
    if (column < 0) {
      const bool may_lack = IsGenerated(field) || IsIdentity(field) ||
                            !MetadataOf(field, kDefaultKey).empty() || merge.schema_merged;
      if (!may_lack) {
        missing.push_back(
            fmt::format("'{}' ({})", field.name(), columnar::DeltaTypeName(*field.type())));
      }
      continue;
    }
    if (IsIdentity(field) && clause.action == MergeAction::kUpdate) continue;
    const auto& source = *merge.source->field(column);
    const auto name = QuoteIdentifier(merge.source_alias) + "." + QuoteIdentifier(source.name());
    decided_[i] = true;
    if (source.type()->Equals(*field.type())) {
      sql_[i] = name;
    } else {
      ARROW_ASSIGN_OR_RAISE(sql_[i], Cast(name, *field.type()));
    }
  }
  if (missing.empty()) return Status::OK();
  return Error(ErrorCode::kInvalidArgument,
               "the source lacks columns of the table: {}; name the columns to set instead of '*', "
               "or let the schema be merged",
               fmt::join(missing, ", "));
}

Result<ColumnValues> ColumnValues::OfUpdate(const ChangeTarget& target,
                                            const std::vector<Assignment>& assignments,
                                            const engine::ExpressionScope& scope) {
  for (const auto& [name, text] : assignments) {
    const int column = FindColumn(*target.schema, name);
    if (column >= 0 && IsIdentity(*target.schema->field(column))) {
      return Error(ErrorCode::kInvalidArgument,
                   "column '{}' is an identity column, whose values cannot be updated", name);
    }
  }
  ColumnValues values(target);
  ARROW_RETURN_NOT_OK(values.Assign(target, assignments, scope));
  ARROW_RETURN_NOT_OK(values.KeepOthers(target));
  return values;
}

Result<ColumnValues> ColumnValues::OfClause(const ChangeTarget& target, const MergeClause& clause,
                                            const engine::ExpressionScope& scope,
                                            const MergeQueryInput& merge) {
  if (clause.action == MergeAction::kUpdate && !clause.all_columns) {
    return OfUpdate(target, clause.assignments, scope);
  }
  ColumnValues values(target);
  if (clause.all_columns) {
    ARROW_RETURN_NOT_OK(values.AssignAll(target, clause, merge));
  } else {
    ARROW_RETURN_NOT_OK(values.Assign(target, clause.assignments, scope));
  }
  ARROW_RETURN_NOT_OK(clause.action == MergeAction::kInsert ? values.FillOthers(target)
                                                            : values.KeepOthers(target));
  return values;
}

}  // namespace deltaport::lake
