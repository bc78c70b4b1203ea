#include "lake/write/alter.h"

#include <arrow/array.h>

#include "columnar/delta_schema.h"
#include "delta/schema_change.h"
#include "delta/schema_edit.h"
#include "engine/query_sql.h"
#include "lake/write/change_query.h"
#include "lake/write/column_text.h"
#include "lake/write/row_text.h"
#include "lake/write/table_rules.h"

namespace deltaport::lake {
namespace {

// A column out of "TYPE [COMMENT 'text']".
Result<std::shared_ptr<arrow::Field>> ParseType(const std::string& name, std::string_view type) {
  // The name is given later: here it need not be one of SQL.
  auto columns = ParseColumns(fmt::format("c {}", type));
  if (!columns.ok()) {
    return Error(CodeOf(columns.status()), "the type '{}' of column '{}': {}", type, name,
                 columns.status().message());
  }
  if ((*columns)->num_fields() != 1) {
    return Error(ErrorCode::kInvalidArgument, "the type '{}' of column '{}' is more than one type",
                 type, name);
  }
  return (*columns)->field(0)->WithName(name);
}

// The same about a text that came with the request instead of with the table.
Status OfRequest(const Status& status) {
  if (status.ok() || CodeOf(status) != ErrorCode::kUnsupportedFeature) return status;
  return Error(ErrorCode::kInvalidArgument, "{}", status.message());
}

std::shared_ptr<engine::TableSource> SourceOf(const delta::Transaction& transaction) {
  auto source = std::make_shared<engine::TableSource>();
  source->name = transaction.snapshot()->location().path;
  source->files = transaction.snapshot();
  return source;
}

Result<std::shared_ptr<arrow::RecordBatch>> FirstBatch(engine::QueryEngine& engine,
                                                       const delta::Transaction& transaction,
                                                       std::string sql, const CancelToken& token) {
  engine::InternalQuery query;
  query.sql = std::move(sql);
  query.tables.emplace(kTargetInput, SourceOf(transaction));
  ARROW_ASSIGN_OR_RAISE(const auto rows, engine.ExecuteInternal(query, token));
  return rows->Next();
}

// That no row of the table is one for which `condition` is true. `what` says what such rows do,
// `columns` are shown first.
Status CheckNoRows(engine::QueryEngine& engine, const delta::Transaction& transaction,
                   const std::string& condition, const std::string& what,
                   const std::vector<std::string>& columns, const CancelToken& token) {
  const auto from = fmt::format("FROM {} AS {} WHERE {}", kTargetInput, kRowAlias, condition);
  ARROW_ASSIGN_OR_RAISE(const auto row,
                        FirstBatch(engine, transaction, "SELECT * " + from + " LIMIT 1", token));
  if (!row || row->num_rows() == 0) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto count,
                        FirstBatch(engine, transaction, "SELECT count(*) " + from, token));
  return Error(ErrorCode::kInvalidArgument, "{} rows of the table {}, such as ({})",
               static_cast<const arrow::Int64Array&>(*count->column(0)).Value(0), what,
               ShowRow(*row, 0, columns));
}

}  // namespace

Result<delta::ColumnPath> ParseColumnPath(std::string_view text) {
  const auto wrong = [&] {
    return Error(ErrorCode::kInvalidArgument,
                 "'{}' is no column; write NAME, STRUCT.FIELD, or `NAME` in backticks for a name "
                 "with a point",
                 text);
  };
  delta::ColumnPath path;
  for (size_t at = 0; at <= text.size(); ++at) {
    std::string name;
    const bool quoted = at < text.size() && text[at] == '`';
    if (quoted) ++at;
    bool closed = !quoted;
    while (at < text.size() && (quoted || text[at] != '.')) {
      const bool tick = text[at] == '`';
      const bool doubled = tick && at + 1 < text.size() && text[at + 1] == '`';
      if (quoted && tick && !doubled) {
        closed = true;
        ++at;
        break;
      }
      if (quoted && doubled) ++at;
      name += text[at++];
    }
    const bool ended = at == text.size() || text[at] == '.';
    if (name.empty() || !closed || !ended) return wrong();
    path.push_back(std::move(name));
  }
  return path;
}

Result<delta::Operation> AddColumn(delta::Transaction& transaction, const delta::ColumnPath& path,
                                   std::string_view type, const std::optional<std::string>& comment,
                                   const std::optional<std::string>& after) {
  ARROW_ASSIGN_OR_RAISE(auto field, ParseType(path.back(), type));
  if (comment) field = delta::WithFieldSetting(*field, "comment", comment);
  delta::ColumnPath parent = path;
  parent.pop_back();
  return delta::AddColumns(transaction, {{std::move(parent), std::move(field), after}});
}

Result<delta::Operation> ChangeColumnType(delta::Transaction& transaction,
                                          const delta::ColumnPath& path, std::string_view type) {
  ARROW_ASSIGN_OR_RAISE(const auto field, ParseType(delta::PathText(path), type));
  return delta::ChangeColumnType(transaction, path, *field->type());
}

Result<delta::Operation> AddConstraint(engine::QueryEngine& engine, delta::Transaction& transaction,
                                       const std::string& name, const std::string& condition,
                                       const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto operation, delta::AddConstraint(transaction, name, condition));
  const auto check = ParseConstraint(name, condition, *transaction.snapshot()->schema());
  if (!check.ok()) return OfRequest(check.status());
  ARROW_RETURN_NOT_OK(CheckNoRows(
      engine, transaction, fmt::format("({}) IS DISTINCT FROM true", check->expression.sql()),
      fmt::format("break the constraint '{}' (`{}`)", name, condition), check->expression.columns(),
      token));
  return operation;
}

Result<delta::Operation> SetNotNull(engine::QueryEngine& engine, delta::Transaction& transaction,
                                    const delta::ColumnPath& path, const CancelToken& token) {
  const auto& schema = *transaction.snapshot()->schema();
  std::string column(kRowAlias);
  std::string condition;
  delta::ColumnPath inner;
  for (const auto& part : path) {
    if (!inner.empty()) {
      ARROW_ASSIGN_OR_RAISE(const auto parent, delta::FindField(schema, inner));
      if (parent->type()->id() != arrow::Type::STRUCT) {
        return Error(ErrorCode::kUnsupportedFeature,
                     "column '{}' is inside of an array or a map, which cannot be checked for "
                     "nulls",
                     delta::PathText(path));
      }
      condition += column + " IS NOT NULL AND ";
    }
    inner.push_back(part);
    ARROW_ASSIGN_OR_RAISE(const auto field, delta::FindField(schema, inner));
    column += "." + engine::QuoteIdentifier(field->name());
  }
  ARROW_ASSIGN_OR_RAISE(auto operation, delta::SetNotNull(transaction, path));
  ARROW_RETURN_NOT_OK(CheckNoRows(engine, transaction, condition + column + " IS NULL",
                                  fmt::format("have no value in '{}'", delta::PathText(path)),
                                  {path.front()}, token));
  return operation;
}

Result<delta::Operation> SetColumnDefault(delta::Transaction& transaction,
                                          const delta::ColumnPath& path,
                                          const std::string& expression) {
  ARROW_ASSIGN_OR_RAISE(const auto field,
                        delta::FindField(*transaction.snapshot()->schema(), path));
  ARROW_RETURN_NOT_OK(OfRequest(ParseDefault(*field, expression).status()));
  return delta::SetColumnDefault(transaction, path, expression);
}

}  // namespace deltaport::lake
