#include "lake/write/row_rules.h"

#include <algorithm>
#include <map>
#include <utility>

#include <arrow/array/util.h>

#include "columnar/delta_schema.h"
#include "delta/schema_text.h"
#include "delta/write_schema.h"
#include "engine/query_sql.h"
#include "lake/write/identity_values.h"
#include "lake/write/row_text.h"

namespace deltaport::lake {
namespace {

constexpr std::string_view kInput = "given_rows";

// Which columns come from where.
struct ColumnPlan {
  std::shared_ptr<arrow::Schema> given;     // Columns that the rows bring, as the table has them.
  std::shared_ptr<arrow::Schema> prepared;  // Those, and what is filled in without the engine.
  bool complete = false;                    // `given` is the whole table.
};

Status CheckGiven(const TableRules& rules, const arrow::Schema& table, const arrow::Schema& rows,
                  const RowRuleOptions& options) {
  for (const auto& field : table.fields()) {
    const std::string& name = field->name();
    if (rows.GetFieldIndex(name) >= 0) continue;
    const bool filled = field->nullable() || rules.Default(name) != nullptr ||
                        rules.Generated(name) != nullptr || rules.Identity(name) != nullptr;
    if (!filled) {
      return Error(ErrorCode::kInvalidArgument,
                   "the rows do not fit the table: missing column '{}' ({}), which may not be null "
                   "and has no default",
                   name, columnar::DeltaTypeName(*field->type()));
    }
  }
  for (const auto& identity : rules.identities) {
    if (options.rewrites_rows || identity.explicit_values ||
        rows.GetFieldIndex(identity.column) < 0) {
      continue;
    }
    return Error(ErrorCode::kInvalidArgument,
                 "the identity column '{}' is always generated; leave it out of the rows",
                 identity.column);
  }
  return Status::OK();
}

// A column may be null until the engine or the identity column has filled it.
std::shared_ptr<arrow::Field> Filled(const std::shared_ptr<arrow::Field>& field,
                                     const TableRules& rules) {
  return rules.Identity(field->name()) != nullptr ? field->WithNullable(true) : field;
}

ColumnPlan PlanColumns(const TableRules& rules, const arrow::Schema& table,
                       const arrow::Schema& rows, const arrow::FieldVector& extra) {
  arrow::FieldVector given;
  arrow::FieldVector prepared;
  for (const auto& field : table.fields()) {
    const std::string& name = field->name();
    const bool brought = rows.GetFieldIndex(name) >= 0;
    if (brought) given.push_back(Filled(field, rules));
    const bool by_engine =
        !brought && (rules.Default(name) != nullptr || rules.Generated(name) != nullptr);
    if (!by_engine) prepared.push_back(Filled(field, rules));
  }
  ColumnPlan plan;
  plan.complete = given.size() == static_cast<size_t>(table.num_fields());
  given.insert(given.end(), extra.begin(), extra.end());
  prepared.insert(prepared.end(), extra.begin(), extra.end());
  plan.given = arrow::schema(std::move(given));
  plan.prepared = arrow::schema(std::move(prepared));
  return plan;
}

// The rows in the table's types, with nulls and counted values for columns that they lack.
class PreparedRows final : public arrow::RecordBatchReader {
 public:
  static Result<std::shared_ptr<PreparedRows>> Make(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                    const ColumnPlan& plan, const TableRules& rules,
                                                    bool fill_members) {
    ARROW_ASSIGN_OR_RAISE(auto converter,
                          delta::RowConverter::Make(plan.given, *rows->schema(), fill_members));
    std::shared_ptr<PreparedRows> prepared(
        new PreparedRows(std::move(rows), std::move(converter), plan));
    for (const auto& identity : rules.identities) {
      prepared->identities_.emplace(identity.column, IdentityValues(identity));
    }
    return prepared;
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    const Status status = Read(batch);
    if (!status.ok()) failed_ = true;
    return status;
  }

  bool failed() const { return failed_; }
  const std::map<std::string, IdentityValues>& identities() const { return identities_; }

 private:
  PreparedRows(std::shared_ptr<arrow::RecordBatchReader> rows, delta::RowConverter converter,
               const ColumnPlan& plan)
      : rows_(std::move(rows)), converter_(std::move(converter)), given_(plan.given) {
    arrow::FieldVector fields;
    for (const auto& field : plan.prepared->fields()) {
      const int given = converter_.file_schema()->GetFieldIndex(field->name());
      fields.push_back(given >= 0 ? converter_.file_schema()->field(given)
                                  : field->WithNullable(true));
    }
    schema_ = arrow::schema(std::move(fields));
  }

  Status Read(std::shared_ptr<arrow::RecordBatch>* batch) {
    ARROW_RETURN_NOT_OK(rows_->ReadNext(batch));
    if (!*batch) return Status::OK();
    const auto source = *batch;
    auto converted = converter_.Convert(*source);
    if (!converted.ok()) return WithRow(converted.status(), *source);
    arrow::ArrayVector columns;
    for (const auto& field : schema_->fields()) {
      ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), Column(**converted, *field));
    }
    *batch = arrow::RecordBatch::Make(schema_, source->num_rows(), std::move(columns));
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::Array>> Column(const arrow::RecordBatch& batch,
                                               const arrow::Field& field) {
    auto given = batch.GetColumnByName(field.name());
    const auto identity = identities_.find(field.name());
    if (identity != identities_.end()) {
      if (given == nullptr) return identity->second.Next(batch.num_rows());
      if (given->null_count() == 0) return given;
      return identity->second.Complete(static_cast<const arrow::Int64Array&>(*given));
    }
    if (given != nullptr) return given;
    return arrow::MakeArrayOfNull(field.type(), batch.num_rows());
  }

  // Adds the first row with a null that may not be, where that was the reason.
  Status WithRow(const Status& status, const arrow::RecordBatch& batch) const {
    for (const auto& field : given_->fields()) {
      const auto column = batch.GetColumnByName(field->name());
      if (field->nullable() || column == nullptr || column->null_count() == 0) continue;
      for (int64_t row = 0; row < column->length(); ++row) {
        if (column->IsValid(row)) continue;
        return MakeError(CodeOf(status), fmt::format("{}: ({})", status.message(),
                                                     ShowRow(batch, row, {field->name()})));
      }
    }
    return status;
  }

  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const delta::RowConverter converter_;
  const std::shared_ptr<arrow::Schema> given_;
  std::shared_ptr<arrow::Schema> schema_;
  std::map<std::string, IdentityValues> identities_;
  bool failed_ = false;
};

// The statement that fills and checks what only the engine can.
class RuleStatement {
 public:
  RuleStatement(const TableRules& rules, const arrow::Schema& table, const ColumnPlan& plan,
                const RowRuleOptions& options)
      : rules_(rules), plan_(plan), options_(options), all_(table.fields()) {
    all_.insert(all_.end(), options.extra_columns.begin(), options.extra_columns.end());
    while (table.GetFieldIndex(violation_) >= 0) violation_ += '_';
    CollectChecks();
  }

  bool needed() const {
    return !checks_.empty() || !rules_.lengths.empty() || !rules_.generated.empty() ||
           plan_.prepared->num_fields() < static_cast<int>(all_.size());
  }
  const std::vector<RowCheck>& checks() const { return checks_; }
  const std::vector<TextLength>& lengths() const { return rules_.lengths; }

  // Its last column is the index of a check, or behind those of a length, that the row breaks.
  std::string Sql() const {
    return fmt::format(
        "SELECT {}, {} AS {} FROM (SELECT {} FROM (SELECT {} FROM {} AS {}) AS {}) "
        "AS {}",
        AllColumns(), Violation(), engine::QuoteIdentifier(violation_), Generated(), Completed(),
        kInput, kRowAlias, kRowAlias, kRowAlias);
  }

 private:
  static std::string Column(std::string_view name) {
    return fmt::format("{}.{}", kRowAlias, engine::QuoteIdentifier(name));
  }
  static std::string Named(std::string_view value, std::string_view name) {
    return fmt::format("({}) AS {}", value, engine::QuoteIdentifier(name));
  }
  bool IsPrepared(const std::string& name) const {
    return plan_.prepared->GetFieldIndex(name) >= 0;
  }
  // The rows bring the column, and it is theirs to keep.
  bool IsCompared(const std::string& name) const {
    return IsPrepared(name) && !options_.rewrites_rows;
  }

  void CollectChecks() {
    checks_ = rules_.checks;
    checks_.insert(checks_.end(), options_.more_checks.begin(), options_.more_checks.end());
  }

  std::string AllColumns() const {
    std::vector<std::string> columns;
    for (const auto& field : all_) columns.push_back(Column(field->name()));
    return fmt::format("{}", fmt::join(columns, ", "));
  }

  // Spark cuts blanks that go over the length, and pads char columns with blanks.
  std::string WithLength(const TextLength& length) const {
    const std::string column = Column(length.column);
    std::string text = fmt::format(
        "CASE WHEN length({0}) > {1} AND length(rtrim({0}, ' ')) <= {1} THEN left({0}, {1}) ",
        column, length.characters);
    if (length.padded) {
      text += fmt::format("WHEN length({0}) < {1} THEN rpad({0}, {1}, ' ') ", column,
                          length.characters);
    }
    return text + fmt::format("ELSE {} END", column);
  }

  // Given columns and defaults.
  std::string Completed() const {
    std::vector<std::string> columns;
    for (const auto& field : all_) {
      const std::string& name = field->name();
      const auto length =
          std::find_if(rules_.lengths.begin(), rules_.lengths.end(),
                       [&](const TextLength& known) { return known.column == name; });
      if (IsPrepared(name)) {
        const bool cut = length != rules_.lengths.end();
        columns.push_back(cut ? Named(WithLength(*length), name) : Column(name));
      } else if (rules_.Generated(name) == nullptr) {
        columns.push_back(Named(rules_.Default(name)->expression.sql(), name));
      }
    }
    return fmt::format("{}", fmt::join(columns, ", "));
  }

  std::string Generated() const {
    std::vector<std::string> columns;
    for (const auto& field : all_) {
      const auto* generated = rules_.Generated(field->name());
      const bool computed = generated != nullptr && !IsCompared(field->name());
      columns.push_back(computed ? Named(generated->expression.sql(), field->name())
                                 : Column(field->name()));
    }
    return fmt::format("{}", fmt::join(columns, ", "));
  }

  std::string Violation() const {
    std::string cases;
    size_t index = 0;
    for (const auto& check : checks_) {
      cases +=
          fmt::format(" WHEN ({}) IS DISTINCT FROM true THEN {}", check.expression.sql(), index++);
    }
    for (const auto& length : rules_.lengths) {
      cases += fmt::format(" WHEN length({}) > {} THEN {}", Column(length.column),
                           length.characters, index++);
    }
    for (const auto& generated : rules_.generated) {
      if (IsCompared(generated.column)) {
        cases += fmt::format(" WHEN {} IS DISTINCT FROM ({}) THEN {}", Column(generated.column),
                             generated.expression.sql(), index);
      }
      ++index;
    }
    return cases.empty() ? "CAST(NULL AS INTEGER)"
                         : fmt::format("CAST(CASE{} END AS INTEGER)", cases);
  }

  const TableRules& rules_;
  const ColumnPlan& plan_;
  const RowRuleOptions& options_;
  arrow::FieldVector all_;  // Columns of the table, then the extra ones.
  std::string violation_ = "deltaport_violation";
  std::vector<RowCheck> checks_;
};

// What the rules say of a row that breaks one.
struct Violations {
  std::vector<RowCheck> checks;
  TableRules rules;

  Status Of(size_t index, const arrow::RecordBatch& batch, int64_t row) const {
    if (index < checks.size()) {
      const auto& check = checks[index];
      return Error(ErrorCode::kInvalidArgument, "{} (`{}`) does not hold for the row ({})",
                   check.rule, check.text, ShowRow(batch, row, check.expression.columns()));
    }
    index -= checks.size();
    if (index < rules.lengths.size()) {
      const auto& length = rules.lengths[index];
      return Error(ErrorCode::kInvalidArgument, "column '{}' is {}, too short for the row ({})",
                   length.column, length.type, ShowRow(batch, row, {length.column}));
    }
    const auto& generated = rules.generated[index - rules.lengths.size()];
    std::vector<std::string> shown = generated.expression.columns();
    shown.insert(shown.begin(), generated.column);
    return Error(ErrorCode::kInvalidArgument,
                 "the generated column '{}' is not `{}` in the row ({}); leave the column out",
                 generated.column, generated.text, ShowRow(batch, row, shown));
  }
};

// Metadata with the marks of identity columns that have counted.
Result<std::optional<delta::Metadata>> WithMarks(
    const delta::Metadata& metadata, const std::map<std::string, IdentityValues>& identities) {
  std::optional<delta::Metadata> changed;
  for (const auto& [name, values] : identities) {
    if (!values.high_water_mark()) continue;
    if (!changed) changed = metadata;
    ARROW_ASSIGN_OR_RAISE(changed->schema_string,
                          delta::WithFieldMetadata(changed->schema_string, name, kIdentityMarkKey,
                                                   fmt::format("{}", *values.high_water_mark())));
  }
  return changed;
}

// An error of evaluation — overflow, division by zero, a cast — is told apart from one of the rows.
Status Explained(const Status& status, const PreparedRows& prepared) {
  if (prepared.failed() || CodeOf(status) != ErrorCode::kInvalidArgument) return status;
  return WithContext(status, "a rule of the table cannot be evaluated for a row");
}

class CheckedRows final : public RuledRows {
 public:
  CheckedRows(std::shared_ptr<arrow::RecordBatchReader> rows,
              std::shared_ptr<PreparedRows> prepared, std::optional<Violations> violations,
              delta::Metadata metadata)
      : rows_(std::move(rows)),
        prepared_(std::move(prepared)),
        violations_(std::move(violations)),
        metadata_(std::move(metadata)),
        schema_(rows_->schema()) {
    if (violations_) {
      arrow::FieldVector fields = schema_->fields();
      fields.pop_back();
      schema_ = arrow::schema(std::move(fields));
    }
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    Status status = rows_->ReadNext(batch);
    if (!status.ok()) return violations_ ? Explained(status, *prepared_) : status;
    if (!*batch || !violations_) return status;
    const auto whole = *batch;
    ARROW_ASSIGN_OR_RAISE(*batch, whole->RemoveColumn(whole->num_columns() - 1));
    const auto& broken =
        static_cast<const arrow::Int32Array&>(*whole->column(whole->num_columns() - 1));
    if (broken.null_count() == broken.length()) return Status::OK();
    for (int64_t row = 0; row < broken.length(); ++row) {
      if (broken.IsValid(row)) {
        return violations_->Of(static_cast<size_t>(broken.Value(row)), **batch, row);
      }
    }
    return Status::OK();
  }

  Result<std::optional<delta::Metadata>> NewMetadata() const override {
    if (prepared_ == nullptr) return std::nullopt;
    return WithMarks(metadata_, prepared_->identities());
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::shared_ptr<PreparedRows> prepared_;
  const std::optional<Violations> violations_;
  const delta::Metadata metadata_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<std::shared_ptr<RuledRows>> ApplyRowRules(engine::QueryEngine& engine,
                                                 const delta::Metadata& metadata,
                                                 const std::shared_ptr<arrow::Schema>& schema,
                                                 std::shared_ptr<arrow::RecordBatchReader> rows,
                                                 const RowRuleOptions& options,
                                                 const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto rules, TableRules::Of(metadata, *schema));
  ARROW_RETURN_NOT_OK(CheckGiven(rules, *schema, *rows->schema(), options));
  const ColumnPlan plan = PlanColumns(rules, *schema, *rows->schema(), options.extra_columns);
  const RuleStatement statement(rules, *schema, plan, options);
  if (plan.complete && rules.identities.empty() && !statement.needed()) {
    return std::make_shared<CheckedRows>(std::move(rows), nullptr, std::nullopt, metadata);
  }
  ARROW_ASSIGN_OR_RAISE(auto prepared,
                        PreparedRows::Make(std::move(rows), plan, rules, options.fill_members));
  if (!statement.needed()) {
    return std::make_shared<CheckedRows>(prepared, prepared, std::nullopt, metadata);
  }
  engine::InternalQuery query;
  query.sql = statement.Sql();
  query.streams[std::string(kInput)] = prepared;
  query.keep_order = true;
  auto checked = engine.ExecuteInternal(query, token);
  if (!checked.ok()) return Explained(checked.status(), *prepared);
  return std::make_shared<CheckedRows>(*std::move(checked), prepared,
                                       Violations{statement.checks(), rules}, metadata);
}

}  // namespace deltaport::lake
