#include "engine/query_binding.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <arrow/type_traits.h>

#include "engine/literal_binding.h"

namespace deltaport::engine {
namespace {

using arrow::Type;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

template <typename... Args>
Status Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(ErrorCode::kInvalidArgument,
                   "invalid value: " + fmt::format(format, std::forward<Args>(args)...));
}

// Names to positions: an exact match first, then one that differs in case only.
class NameIndex {
 public:
  explicit NameIndex(const arrow::FieldVector& fields) : fields_(fields) {
    for (int i = static_cast<int>(fields.size()) - 1; i >= 0; --i) {
      const std::string& name = fields[static_cast<size_t>(i)]->name();
      exact_[name] = i;
      lower_[Lower(name)].push_back(i);
    }
  }

  // `remark` follows the name when it is unknown.
  Result<int> Find(std::string_view name, std::string_view remark = {}) const {
    const std::string text(name.substr(0, kNameShown));
    if (const auto found = exact_.find(std::string(name)); found != exact_.end()) {
      return found->second;
    }
    const auto found = lower_.find(Lower(name));
    if (found == lower_.end()) {
      return Error(ErrorCode::kInvalidArgument, "unknown column: {}{}", text, remark);
    }
    if (found->second.size() > 1) {
      return Invalid("column name '{}' fits several columns that differ in case; write one exactly",
                     text);
    }
    return found->second.front();
  }

  const arrow::Field& field(int position) const { return *fields_[static_cast<size_t>(position)]; }

 private:
  static constexpr size_t kNameShown = 200;

  arrow::FieldVector fields_;
  std::unordered_map<std::string, int> exact_;
  std::unordered_map<std::string, std::vector<int>> lower_;
};

Status CheckCount(size_t count, size_t count_max, std::string_view what) {
  if (count <= count_max) return Status::OK();
  return Invalid("{} {} in one request; at most {} are taken", count, what, count_max);
}

// Appends positions of `names` to `positions`, the first time each.
Status FindColumns(const NameIndex& index, const std::vector<std::string>& names,
                   std::vector<int>& positions) {
  ARROW_RETURN_NOT_OK(CheckCount(names.size(), kQueryColumnsMax, "column names"));
  for (const std::string& name : names) {
    ARROW_ASSIGN_OR_RAISE(const int position, index.Find(name));
    if (std::find(positions.begin(), positions.end(), position) == positions.end()) {
      positions.push_back(position);
    }
  }
  return Status::OK();
}

void BindComparison(PredicateOperator op, PlacedLiteral literal, BoundPredicate& bound) {
  using enum PredicateOperator;
  const LiteralPlace place = literal.place;
  const bool exact = place == LiteralPlace::kEqual;
  bound.op = op;
  if (exact || place == LiteralPlace::kAfter) {
    if (!exact && op == kEq) {
      bound.never = true;
    } else if (!exact && op == kNeq) {
      bound.op = kIsNotNull;
    } else {
      if (!exact && op == kGte) bound.op = kGt;
      if (!exact && op == kLt) bound.op = kLte;
      bound.values = {std::move(literal.value)};
    }
    return;
  }
  const bool all = op == kNeq || (place == LiteralPlace::kBeforeAll && (op == kGt || op == kGte)) ||
                   (place == LiteralPlace::kAfterAll && (op == kLt || op == kLte));
  if (all) {
    bound.op = kIsNotNull;
  } else {
    bound.never = true;
  }
}

Status BindMembership(const Predicate& predicate, const arrow::Field& column,
                      BoundPredicate& bound) {
  if (predicate.values.empty()) return Invalid("'in' needs a non-empty array");
  bound.op = PredicateOperator::kIn;
  for (const Literal& literal : predicate.values) {
    if (std::holds_alternative<std::monostate>(literal)) continue;
    ARROW_ASSIGN_OR_RAISE(PlacedLiteral placed, PlaceLiteral(literal, column));
    if (placed.place == LiteralPlace::kEqual) bound.values.push_back(std::move(placed.value));
  }
  bound.never = bound.values.empty();
  return Status::OK();
}

Status BindPattern(const Predicate& predicate, const Literal& literal, const arrow::Field& column,
                   BoundPredicate& bound) {
  const auto* pattern = std::get_if<std::string>(&literal);
  if (pattern == nullptr) return Invalid("'{}' requires a string", OperatorName(predicate.op));
  if (!IsText(ValueType(*column.type()))) {
    return Invalid("'{}' needs a text column; '{}' is {}", OperatorName(predicate.op),
                   column.name(), column.type()->ToString());
  }
  bound.op = predicate.op;
  bound.values = {std::make_shared<arrow::StringScalar>(*pattern)};
  return Status::OK();
}

// `bound.column` is set already.
Status BindOperator(const Predicate& predicate, const arrow::Field& column, BoundPredicate& bound) {
  using enum PredicateOperator;
  bound.op = predicate.op;
  if (predicate.op == kIsNull || predicate.op == kIsNotNull) return Status::OK();
  if (predicate.op == kIn) return BindMembership(predicate, column, bound);
  if (predicate.values.empty() || std::holds_alternative<std::monostate>(predicate.values[0])) {
    return Invalid("'{}' requires a value", OperatorName(predicate.op));
  }
  const Literal& literal = predicate.values[0];
  if (predicate.op == kLike || predicate.op == kIlike) {
    return BindPattern(predicate, literal, column, bound);
  }
  ARROW_ASSIGN_OR_RAISE(PlacedLiteral placed, PlaceLiteral(literal, column));
  BindComparison(predicate.op, std::move(placed), bound);
  return Status::OK();
}

Result<std::vector<BoundPredicate>> BindAll(const std::vector<Predicate>& predicates,
                                            const NameIndex& index, std::string_view remark) {
  ARROW_RETURN_NOT_OK(CheckCount(predicates.size(), kPredicatesMax, "predicates"));
  size_t literal_count = 0;
  for (const Predicate& predicate : predicates) literal_count += predicate.values.size();
  ARROW_RETURN_NOT_OK(CheckCount(literal_count, kLiteralsMax, "values in predicates"));
  std::vector<BoundPredicate> all;
  all.reserve(predicates.size());
  for (const Predicate& predicate : predicates) {
    BoundPredicate& bound = all.emplace_back();
    ARROW_ASSIGN_OR_RAISE(bound.column, index.Find(predicate.column, remark));
    ARROW_RETURN_NOT_OK(BindOperator(predicate, index.field(bound.column), bound));
  }
  return all;
}

constexpr std::string_view kGroupingRemark = " (must be a group_by column or aggregation alias)";

// Binds one query; the members hold what several steps need.
class QueryBinder {
 public:
  QueryBinder(const StructuredQuery& query, const arrow::Schema& schema)
      : query_(query), schema_(schema), columns_(schema.fields()) {}

  Result<BoundQuery> Run() {
    ARROW_RETURN_NOT_OK(CheckShape());
    bound_.distinct = query_.distinct;
    bound_.limit = query_.limit;
    bound_.offset = query_.offset;
    ARROW_ASSIGN_OR_RAISE(bound_.predicates, BindAll(query_.predicates, columns_, {}));
    if (query_.group_by.empty()) {
      ARROW_RETURN_NOT_OK(BindProjection());
    } else {
      ARROW_RETURN_NOT_OK(BindGrouping());
    }
    ARROW_RETURN_NOT_OK(BindOrder());
    return std::move(bound_);
  }

 private:
  Status CheckShape() const {
    const bool grouping = !query_.group_by.empty();
    if (query_.distinct && (grouping || !query_.aggregations.empty())) {
      return Invalid("distinct is mutually exclusive with group_by / aggregations");
    }
    if (!grouping && !query_.aggregations.empty()) {
      return Invalid("aggregations require a non-empty group_by");
    }
    if (!grouping && !query_.having.empty()) return Invalid("having requires a non-empty group_by");
    ARROW_RETURN_NOT_OK(CheckCount(query_.aggregations.size(), kQueryColumnsMax, "aggregations"));
    return CheckCount(query_.order_by.size(), kQueryColumnsMax, "order_by columns");
  }

  Status BindProjection() {
    ARROW_RETURN_NOT_OK(FindColumns(columns_, query_.columns, bound_.columns));
    if (query_.columns.empty()) {
      for (int i = 0; i < schema_.num_fields(); ++i) bound_.columns.push_back(i);
    }
    for (const int column : bound_.columns) {
      bound_.output_names.push_back(columns_.field(column).name());
    }
    return Status::OK();
  }

  Status BindGrouping() {
    ARROW_RETURN_NOT_OK(FindColumns(columns_, query_.group_by, bound_.group_by));
    for (const int column : bound_.group_by) {
      bound_.output_names.push_back(columns_.field(column).name());
    }
    if (query_.aggregations.empty()) {
      ARROW_RETURN_NOT_OK(BindAggregation({AggregateFunction::kCount, {}, {}}));
    }
    for (const Aggregation& aggregation : query_.aggregations) {
      ARROW_RETURN_NOT_OK(BindAggregation(aggregation));
    }
    ARROW_ASSIGN_OR_RAISE(const auto output, OutputSchema(bound_, schema_));
    outputs_ = std::make_unique<NameIndex>(output->fields());
    ARROW_ASSIGN_OR_RAISE(bound_.having, BindAll(query_.having, *outputs_, kGroupingRemark));
    return Status::OK();
  }

  Status BindAggregation(const Aggregation& aggregation) {
    BoundAggregation bound{aggregation.function, std::nullopt};
    std::string name(FunctionName(aggregation.function));
    if (aggregation.column) {
      ARROW_ASSIGN_OR_RAISE(bound.column, columns_.Find(*aggregation.column));
      name += "_" + Lower(columns_.field(*bound.column).name());
    } else if (aggregation.function != AggregateFunction::kCount) {
      return Invalid("aggregation '{}' requires a 'col'", name);
    }
    if (aggregation.alias) name = *aggregation.alias;
    if (name.empty()) return Invalid("an aggregation's alias must not be empty");
    auto& names = bound_.output_names;
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return Invalid(
          "two columns of the result are called '{}'; give the aggregation another alias", name);
    }
    names.push_back(std::move(name));
    bound_.aggregations.push_back(bound);
    return Status::OK();
  }

  Status BindOrder() {
    for (const SortKey& key : query_.order_by) {
      BoundSortKey bound;
      bound.direction = key.direction;
      if (bound_.grouped()) {
        ARROW_ASSIGN_OR_RAISE(bound.output, outputs_->Find(key.column, kGroupingRemark));
      } else {
        ARROW_RETURN_NOT_OK(BindPlainSortColumn(key.column, bound));
      }
      const auto same = [&](const BoundSortKey& other) {
        return other.output == bound.output && other.in_output == bound.in_output;
      };
      if (std::none_of(bound_.order_by.begin(), bound_.order_by.end(), same)) {
        bound_.order_by.push_back(bound);
      }
    }
    return Status::OK();
  }

  Status BindPlainSortColumn(const std::string& name, BoundSortKey& bound) {
    ARROW_ASSIGN_OR_RAISE(const int column, columns_.Find(name));
    const auto output = std::find(bound_.columns.begin(), bound_.columns.end(), column);
    bound.in_output = output != bound_.columns.end();
    bound.output = bound.in_output ? static_cast<int>(output - bound_.columns.begin()) : column;
    if (!bound.in_output && query_.distinct) {
      return Invalid("order_by column '{}' must be among the columns of a distinct query", name);
    }
    return Status::OK();
  }

  const StructuredQuery& query_;
  const arrow::Schema& schema_;
  NameIndex columns_;
  std::unique_ptr<NameIndex> outputs_;  // When grouping.
  BoundQuery bound_;
};

bool IsNumber(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) ||
         arrow::is_decimal(type.id());
}

bool IsNested(const arrow::DataType& type) {
  return arrow::is_nested(type.id()) || type.id() == Type::INTERVAL_MONTHS ||
         type.id() == Type::INTERVAL_DAY_TIME || type.id() == Type::INTERVAL_MONTH_DAY_NANO;
}

constexpr int kDecimalDigitsMax = 38;

std::shared_ptr<arrow::DataType> SumType(const arrow::DataType& type) {
  if (arrow::is_decimal(type.id())) {
    const auto& decimal = static_cast<const arrow::DecimalType&>(type);
    if (decimal.precision() > kDecimalDigitsMax) return arrow::decimal256(76, decimal.scale());
    return arrow::decimal128(kDecimalDigitsMax, decimal.scale());
  }
  return arrow::is_integer(type.id()) ? arrow::int64() : arrow::float64();
}

std::shared_ptr<arrow::DataType> AverageType(const arrow::DataType& type) {
  if (!arrow::is_decimal(type.id())) return arrow::float64();
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  if (decimal.precision() > kDecimalDigitsMax) {
    return arrow::decimal256(76, std::min(decimal.scale() + 4, 76));
  }
  return arrow::decimal128(std::min(decimal.precision() + 4, kDecimalDigitsMax),
                           std::min(decimal.scale() + 4, kDecimalDigitsMax));
}

}  // namespace

Result<BoundQuery> Bind(const StructuredQuery& query, const arrow::Schema& schema) {
  return QueryBinder(query, schema).Run();
}

Result<std::vector<BoundPredicate>> BindPredicates(const std::vector<Predicate>& predicates,
                                                   const arrow::Schema& schema) {
  return BindAll(predicates, NameIndex(schema.fields()), {});
}

Result<std::shared_ptr<arrow::DataType>> AggregateType(AggregateFunction function,
                                                       const arrow::Field* column) {
  if (function == AggregateFunction::kCount) return arrow::int64();
  const arrow::DataType& type = ValueType(*column->type());
  if (function == AggregateFunction::kMin || function == AggregateFunction::kMax) {
    if (!IsNested(type)) return type.GetSharedPtr();
    return Invalid("'{}' cannot order the values of column '{}' ({})", FunctionName(function),
                   column->name(), type.ToString());
  }
  if (!IsNumber(type)) {
    return Invalid("'{}' needs a column of numbers; '{}' is {}", FunctionName(function),
                   column->name(), type.ToString());
  }
  return function == AggregateFunction::kSum ? SumType(type) : AverageType(type);
}

Result<std::shared_ptr<arrow::Schema>> OutputSchema(const BoundQuery& query,
                                                    const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const int column : query.grouped() ? query.group_by : query.columns) {
    fields.push_back(schema.field(column));
  }
  for (const BoundAggregation& aggregation : query.aggregations) {
    const arrow::Field* column =
        aggregation.column ? schema.field(*aggregation.column).get() : nullptr;
    ARROW_ASSIGN_OR_RAISE(auto type, AggregateType(aggregation.function, column));
    const bool nullable = aggregation.function != AggregateFunction::kCount;
    fields.push_back(arrow::field(query.output_names[fields.size()], std::move(type), nullable));
  }
  return arrow::schema(std::move(fields));
}

std::string_view OperatorName(PredicateOperator op) {
  switch (op) {
    case PredicateOperator::kEq:
      return "eq";
    case PredicateOperator::kNeq:
      return "neq";
    case PredicateOperator::kGt:
      return "gt";
    case PredicateOperator::kGte:
      return "gte";
    case PredicateOperator::kLt:
      return "lt";
    case PredicateOperator::kLte:
      return "lte";
    case PredicateOperator::kLike:
      return "like";
    case PredicateOperator::kIlike:
      return "ilike";
    case PredicateOperator::kIn:
      return "in";
    case PredicateOperator::kIsNull:
      return "is_null";
    case PredicateOperator::kIsNotNull:
      return "is_not_null";
  }
  return "";
}

std::string_view FunctionName(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::kCount:
      return "count";
    case AggregateFunction::kSum:
      return "sum";
    case AggregateFunction::kAvg:
      return "avg";
    case AggregateFunction::kMin:
      return "min";
    case AggregateFunction::kMax:
      return "max";
  }
  return "";
}

}  // namespace deltaport::engine
