#include "lake/write/table_rules.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <arrow/util/key_value_metadata.h>

#include "columnar/json_document.h"

namespace deltaport::lake {
namespace {

std::optional<std::string> MetadataOf(const arrow::Field& field, const char* key) {
  if (!field.HasMetadata()) return std::nullopt;
  auto value = field.metadata()->Get(key);
  return value.ok() ? std::optional(*std::move(value)) : std::nullopt;
}

engine::ExpressionScope RowScope(const arrow::Schema& schema) {
  return {{{std::string(kRowAlias), std::make_shared<arrow::Schema>(schema.fields())}}};
}

Result<RowCheck> ParseCheck(std::string rule, std::string_view text, const arrow::Schema& schema) {
  auto expression = engine::Expression::ParseSpark(text, RowScope(schema));
  if (!expression.ok()) return WithContext(expression.status(), rule);
  if (expression->type()->id() != arrow::Type::BOOL) {
    return Error(ErrorCode::kInvalidArgument, "{}: `{}` is no condition", rule, text);
  }
  return RowCheck{std::move(rule), std::string(text), *std::move(expression)};
}

Status CorruptColumn(const std::string& column, std::string_view key) {
  return Error(ErrorCode::kCorruptTable, "schema, column '{}': the value of '{}' is not understood",
               column, key);
}

Result<std::optional<int64_t>> Number(const arrow::Field& field, const char* key) {
  const auto text = MetadataOf(field, key);
  if (!text) return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) {
    return CorruptColumn(field.name(), key);
  }
  return number;
}

Status ReadIdentity(const arrow::Field& field, TableRules& rules) {
  ARROW_ASSIGN_OR_RAISE(const auto start, Number(field, kIdentityStartKey));
  if (!start) return Status::OK();
  IdentityColumn identity;
  identity.column = field.name();
  identity.start = *start;
  ARROW_ASSIGN_OR_RAISE(const auto step, Number(field, kIdentityStepKey));
  if (!step || *step == 0 || field.type()->id() != arrow::Type::INT64) {
    return CorruptColumn(field.name(), kIdentityStepKey);
  }
  identity.step = *step;
  ARROW_ASSIGN_OR_RAISE(identity.high_water_mark, Number(field, kIdentityMarkKey));
  identity.explicit_values = MetadataOf(field, kIdentityExplicitKey) == "true";
  rules.identities.push_back(std::move(identity));
  return Status::OK();
}

Status ReadTextLength(const arrow::Field& field, TableRules& rules) {
  auto type = MetadataOf(field, kTextTypeKey);
  if (!type) return Status::OK();
  TextLength length;
  length.column = field.name();
  length.padded = type->starts_with("char(");
  const size_t open = type->find('(');
  int64_t characters = 0;
  const char* first = type->data() + std::min(open + 1, type->size());
  const auto [end, error] = std::from_chars(first, type->data() + type->size(), characters);
  const bool plain = (length.padded || type->starts_with("varchar(")) && error == std::errc() &&
                     end + 1 == type->data() + type->size() && *end == ')' &&
                     field.type()->id() == arrow::Type::STRING;
  if (!plain) {
    return Error(ErrorCode::kUnsupportedFeature,
                 "column '{}' has the type {}; lengths inside of nested columns are not supported",
                 field.name(), *type);
  }
  length.characters = characters;
  length.type = *std::move(type);
  rules.lengths.push_back(std::move(length));
  return Status::OK();
}

// Invariants may stand on nested fields; their expressions name columns from the top.
Status ReadInvariants(const arrow::Field& field, const std::string& path,
                      const arrow::Schema& schema, TableRules& rules) {
  if (const auto text = MetadataOf(field, kInvariantKey)) {
    const auto document = columnar::JsonDocument::Parse(*text);
    const auto expression =
        document.ok() ? document->root()["expression"]["expression"].string() : std::nullopt;
    if (!expression) return CorruptColumn(path, kInvariantKey);
    ARROW_ASSIGN_OR_RAISE(auto check, ParseCheck(fmt::format("the invariant of column '{}'", path),
                                                 *expression, schema));
    rules.checks.push_back(std::move(check));
  }
  for (const auto& child : field.type()->fields()) {
    ARROW_RETURN_NOT_OK(ReadInvariants(*child, path + "." + child->name(), schema, rules));
  }
  return Status::OK();
}

Status ReadColumn(const arrow::Field& field, const arrow::Schema& schema, TableRules& rules) {
  ARROW_RETURN_NOT_OK(ReadInvariants(field, field.name(), schema, rules));
  ARROW_RETURN_NOT_OK(ReadTextLength(field, rules));
  ARROW_RETURN_NOT_OK(ReadIdentity(field, rules));
  if (const auto text = MetadataOf(field, kGenerationKey)) {
    ARROW_ASSIGN_OR_RAISE(auto generated, ParseGenerated(field, *text, schema));
    rules.generated.push_back(std::move(generated));
  }
  if (const auto text = MetadataOf(field, kDefaultKey)) {
    ARROW_ASSIGN_OR_RAISE(auto filled, ParseDefault(field, *text));
    rules.defaults.push_back(std::move(filled));
  }
  return Status::OK();
}

template <typename Columns>
auto FindColumn(const Columns& columns, std::string_view name) -> decltype(columns.data()) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const auto& column) { return column.column == name; });
  return found == columns.end() ? nullptr : &*found;
}

}  // namespace

Result<RowCheck> ParseConstraint(std::string_view name, std::string_view text,
                                 const arrow::Schema& schema) {
  return ParseCheck(fmt::format("the constraint '{}'", name), text, schema);
}

Result<DerivedColumn> ParseGenerated(const arrow::Field& column, std::string_view text,
                                     const arrow::Schema& schema) {
  const std::string rule = fmt::format("the generated column '{}'", column.name());
  auto expression = engine::Expression::ParseSpark(text, RowScope(schema), column.type());
  if (!expression.ok()) return WithContext(expression.status(), rule);
  const auto& read = expression->columns();
  if (!expression->deterministic() ||
      std::find(read.begin(), read.end(), column.name()) != read.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 "{}: `{}` looks at the clock, at random numbers or at the column itself", rule,
                 text);
  }
  return DerivedColumn{column.name(), std::string(text), *std::move(expression)};
}

Result<DerivedColumn> ParseDefault(const arrow::Field& column, std::string_view text) {
  auto expression =
      engine::Expression::ParseSpark(text, RowScope(*arrow::schema({})), column.type());
  if (!expression.ok()) {
    return WithContext(expression.status(),
                       fmt::format("the default of column '{}'", column.name()));
  }
  return DerivedColumn{column.name(), std::string(text), *std::move(expression)};
}

Result<TableRules> TableRules::Of(const delta::Metadata& metadata, const arrow::Schema& schema) {
  TableRules rules;
  for (const auto& field : schema.fields()) {
    ARROW_RETURN_NOT_OK(ReadColumn(*field, schema, rules));
  }
  for (const auto& [property, text] : metadata.configuration) {
    if (!property.starts_with(kConstraintPrefix)) continue;
    const auto name = std::string_view(property).substr(kConstraintPrefix.size());
    ARROW_ASSIGN_OR_RAISE(auto check, ParseConstraint(name, text, schema));
    rules.checks.push_back(std::move(check));
  }
  return rules;
}

const DerivedColumn* TableRules::Default(std::string_view column) const {
  return FindColumn(defaults, column);
}

const DerivedColumn* TableRules::Generated(std::string_view column) const {
  return FindColumn(generated, column);
}

const IdentityColumn* TableRules::Identity(std::string_view column) const {
  return FindColumn(identities, column);
}

bool TableRules::empty() const {
  return checks.empty() && defaults.empty() && generated.empty() && identities.empty() &&
         lengths.empty();
}

}  // namespace deltaport::lake
