#include "engine/query_sql.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <arrow/scalar.h>
#include <arrow/util/string.h>

namespace deltaport::engine {
namespace {

using arrow::Type;

constexpr int kDecimalPrecisionMax = 38;
constexpr int kAverageScaleGain = 4;
constexpr int64_t kDayMs = 86'400'000;

std::string DecimalName(int precision, int scale) {
  return fmt::format("DECIMAL({},{})", precision, scale);
}

std::string TimestampLiteral(const arrow::TimestampScalar& scalar) {
  const auto& type = static_cast<const arrow::TimestampType&>(*scalar.type);
  if (type.unit() == arrow::TimeUnit::NANO && type.timezone().empty()) {
    return fmt::format("make_timestamp_ns({})", scalar.value);
  }
  int64_t us = scalar.value;
  if (type.unit() == arrow::TimeUnit::SECOND) us *= 1'000'000;
  if (type.unit() == arrow::TimeUnit::MILLI) us *= 1000;
  if (type.unit() == arrow::TimeUnit::NANO) us /= 1000;
  const auto text = fmt::format("make_timestamp({})", us);
  return type.timezone().empty() ? text : fmt::format("CAST({} AS TIMESTAMPTZ)", text);
}

std::string FloatLiteral(double value, std::string_view type) {
  if (std::isnan(value)) return fmt::format("CAST('nan' AS {})", type);
  if (std::isinf(value)) return fmt::format("CAST('{}inf' AS {})", value < 0 ? "-" : "", type);
  return fmt::format("CAST('{}' AS {})", value, type);
}

std::string TimeLiteral(int64_t value, arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      value *= 1'000'000;
      break;
    case arrow::TimeUnit::MILLI:
      value *= 1000;
      break;
    case arrow::TimeUnit::MICRO:
      break;
    case arrow::TimeUnit::NANO:
      value /= 1000;
      break;
  }
  return fmt::format("(TIME '00:00:00' + to_microseconds({}))", value);
}

std::string DateLiteral(int64_t days) { return fmt::format("(DATE '1970-01-01' + ({}))", days); }

template <typename ScalarType>
std::string DecimalLiteral(const arrow::Scalar& scalar) {
  const auto& type = static_cast<const arrow::DecimalType&>(*scalar.type);
  return fmt::format("CAST('{}' AS {})",
                     static_cast<const ScalarType&>(scalar).value.ToString(type.scale()),
                     DecimalName(std::min(type.precision(), kDecimalPrecisionMax), type.scale()));
}

template <typename ScalarType>
std::string_view Bytes(const arrow::Scalar& scalar) {
  return std::string_view(*static_cast<const ScalarType&>(scalar).value);
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02X}", byte);
  return text;
}

class Writer {
 public:
  Writer(const arrow::Schema& schema, std::string_view table) : schema_(schema), table_(table) {}

  Result<QuerySql> Select(const BoundQuery& query) {
    const bool grouped = query.grouped() || !query.aggregations.empty();
    ARROW_RETURN_NOT_OK(grouped ? AddGroupedOutputs(query) : AddPlainOutputs(query));
    std::string text = query.distinct ? "SELECT DISTINCT " : "SELECT ";
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const auto& name = schema_out_[i]->name();
      text += fmt::format("{}{} AS {}", i ? ", " : "", outputs_[i], QuoteIdentifier(name));
    }
    text += fmt::format(" FROM {} AS t", table_);
    ARROW_ASSIGN_OR_RAISE(const auto where, Where(query.predicates));
    text += where;
    for (size_t i = 0; i < query.group_by.size(); ++i) {
      text += (i ? ", " : " GROUP BY ") + Column(query.group_by[i]);
    }
    for (size_t i = 0; i < query.having.size(); ++i) {
      const auto& having = query.having[i];
      ARROW_ASSIGN_OR_RAISE(const auto condition,
                            Condition(having, outputs_.at(static_cast<size_t>(having.column))));
      text += (i ? " AND " : " HAVING ") + condition;
    }
    text += OrderBy(query.order_by);
    text += Limit(query.limit, query.offset);
    return QuerySql{std::move(text), arrow::schema(schema_out_)};
  }

  Result<std::string> RowPlaces(const BoundQuery& query, uint64_t rows_max) {
    ARROW_ASSIGN_OR_RAISE(const auto where, Where(query.predicates));
    auto keys = query.order_by;
    for (auto& key : keys) {
      if (key.in_output) key.output = query.columns.at(static_cast<size_t>(key.output));
      key.in_output = false;
    }
    return fmt::format("SELECT t.file_index, t.file_row_number FROM {} AS t{}{}{}", table_, where,
                       OrderBy(keys),
                       Limit(std::min(query.limit.value_or(rows_max), rows_max), query.offset));
  }

  Result<std::string> Count(const std::vector<BoundPredicate>& predicates) {
    ARROW_ASSIGN_OR_RAISE(const auto where, Where(predicates));
    return fmt::format("SELECT count(*) FROM {} AS t{}", table_, where);
  }

 private:
  std::string Column(int column) const {
    return "t." + QuoteIdentifier(schema_.field(column)->name());
  }

  Status AddPlainOutputs(const BoundQuery& query) {
    for (size_t i = 0; i < query.columns.size(); ++i) {
      AddOutput(Column(query.columns[i]),
                schema_.field(query.columns[i])->WithName(query.output_names.at(i)));
    }
    return Status::OK();
  }

  Status AddGroupedOutputs(const BoundQuery& query) {
    for (size_t i = 0; i < query.group_by.size(); ++i) {
      AddOutput(Column(query.group_by[i]),
                schema_.field(query.group_by[i])->WithName(query.output_names.at(i)));
    }
    for (size_t i = 0; i < query.aggregations.size(); ++i) {
      const auto& name = query.output_names.at(query.group_by.size() + i);
      ARROW_RETURN_NOT_OK(AddAggregation(query.aggregations[i], name));
    }
    return Status::OK();
  }

  void AddOutput(std::string expression, std::shared_ptr<arrow::Field> field) {
    outputs_.push_back(std::move(expression));
    schema_out_.push_back(std::move(field));
  }

  Status AddAggregation(const BoundAggregation& aggregation, const std::string& name) {
    if (aggregation.function == AggregateFunction::kCount) {
      const auto what = aggregation.column ? Column(*aggregation.column) : "*";
      AddOutput(fmt::format("count({})", what), arrow::field(name, arrow::int64(), false));
      return Status::OK();
    }
    if (!aggregation.column) {
      return Error(ErrorCode::kInvalidArgument, "only count works without a column");
    }
    const auto column = Column(*aggregation.column);
    const auto& type = schema_.field(*aggregation.column)->type();
    switch (aggregation.function) {
      case AggregateFunction::kMin:
        AddOutput(fmt::format("min({})", column), arrow::field(name, type));
        return Status::OK();
      case AggregateFunction::kMax:
        AddOutput(fmt::format("max({})", column), arrow::field(name, type));
        return Status::OK();
      case AggregateFunction::kSum:
        return AddSum(column, *type, name);
      default:
        return AddAverage(column, *type, name);
    }
  }

  Status AddSum(const std::string& column, const arrow::DataType& type, const std::string& name) {
    if (arrow::is_integer(type.id()) || type.id() == Type::BOOL) {
      AddOutput(fmt::format("CAST(sum({}) AS BIGINT)", column), arrow::field(name, arrow::int64()));
    } else if (type.id() == Type::DECIMAL128) {
      const int scale = static_cast<const arrow::DecimalType&>(type).scale();
      AddOutput(fmt::format("sum({})", column),
                arrow::field(name, arrow::decimal128(kDecimalPrecisionMax, scale)));
    } else {
      AddOutput(fmt::format("sum({})", column), arrow::field(name, arrow::float64()));
    }
    return Status::OK();
  }

  Status AddAverage(const std::string& column, const arrow::DataType& type,
                    const std::string& name) {
    if (type.id() != Type::DECIMAL128) {
      AddOutput(fmt::format("avg({})", column), arrow::field(name, arrow::float64()));
      return Status::OK();
    }
    const auto& decimal = static_cast<const arrow::DecimalType&>(type);
    const int scale = std::min(decimal.scale() + kAverageScaleGain, kDecimalPrecisionMax);
    const int precision = std::min(decimal.precision() + kAverageScaleGain, kDecimalPrecisionMax);
    const int gain = scale - decimal.scale();
    // On the digits as a 128-bit integer: DuckDB's own average of decimals is a double.
    const auto digits =
        fmt::format("CAST(replace(CAST(sum({}) AS VARCHAR), '.', '') AS HUGEINT)", column);
    const auto unit =
        fmt::format("CAST('{}' AS {})", UnitOfScale(scale), DecimalName(std::max(scale, 1), scale));
    AddOutput(fmt::format("CAST(CAST(({} * {}) // count({}) AS DECIMAL(38,0)) * {} AS {})", digits,
                          PowerOfTen(gain), column, unit, DecimalName(precision, scale)),
              arrow::field(name, arrow::decimal128(precision, scale)));
    return Status::OK();
  }

  static std::string PowerOfTen(int exponent) {
    return "1" + std::string(static_cast<size_t>(exponent), '0');
  }
  // "0.01" for 2, "1" for 0.
  static std::string UnitOfScale(int scale) {
    if (scale <= 0) return "1";
    return "0." + std::string(static_cast<size_t>(scale - 1), '0') + "1";
  }

  Result<std::string> Where(const std::vector<BoundPredicate>& predicates) const {
    std::string text;
    for (const auto& predicate : predicates) {
      ARROW_ASSIGN_OR_RAISE(const auto condition, Condition(predicate, Column(predicate.column)));
      text += (text.empty() ? " WHERE " : " AND ") + condition;
    }
    return text;
  }

  static std::string_view Symbol(PredicateOperator op) {
    switch (op) {
      case PredicateOperator::kEq:
        return "=";
      case PredicateOperator::kNeq:
        return "<>";
      case PredicateOperator::kGt:
        return ">";
      case PredicateOperator::kGte:
        return ">=";
      case PredicateOperator::kLt:
        return "<";
      case PredicateOperator::kLte:
        return "<=";
      case PredicateOperator::kLike:
        return "LIKE";
      case PredicateOperator::kIlike:
        return "ILIKE";
      default:
        return "";
    }
  }

  static Result<std::string> Condition(const BoundPredicate& predicate,
                                       const std::string& operand) {
    if (predicate.never) return "(FALSE)";
    if (predicate.op == PredicateOperator::kIsNull) return fmt::format("({} IS NULL)", operand);
    if (predicate.op == PredicateOperator::kIsNotNull) {
      return fmt::format("({} IS NOT NULL)", operand);
    }
    std::vector<std::string> literals;
    for (const auto& value : predicate.values) {
      ARROW_ASSIGN_OR_RAISE(literals.emplace_back(), LiteralSql(*value));
    }
    if (predicate.op == PredicateOperator::kIn) {
      if (literals.empty()) return "(FALSE)";
      return fmt::format("({} IN ({}))", operand, fmt::join(literals, ", "));
    }
    if (literals.size() != 1) {
      return Error(ErrorCode::kInvalidArgument, "a comparison takes one value, not {}",
                   literals.size());
    }
    const bool pattern =
        predicate.op == PredicateOperator::kLike || predicate.op == PredicateOperator::kIlike;
    return fmt::format("({} {} {}{})", operand, Symbol(predicate.op), literals[0],
                       pattern ? " ESCAPE '\\'" : "");
  }

  std::string OrderBy(const std::vector<BoundSortKey>& keys) const {
    std::string text;
    for (const auto& key : keys) {
      text += text.empty() ? " ORDER BY " : ", ";
      text += key.in_output ? fmt::format("{}", key.output + 1) : Column(key.output);
      text += key.direction == SortDirection::kAscending ? " ASC NULLS LAST" : " DESC NULLS FIRST";
    }
    return text;
  }

  static std::string Limit(std::optional<uint64_t> limit, uint64_t offset) {
    constexpr uint64_t kRowsMax = std::numeric_limits<int64_t>::max();
    std::string text;
    if (limit) text += fmt::format(" LIMIT {}", std::min(*limit, kRowsMax));
    if (offset > 0) text += fmt::format(" OFFSET {}", std::min(offset, kRowsMax));
    return text;
  }

  const arrow::Schema& schema_;
  const std::string table_;
  std::vector<std::string> outputs_;
  arrow::FieldVector schema_out_;
};

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string QuoteString(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\0') {
      quoted += "' || chr(0) || '";  // The parser ends at a NUL.
      continue;
    }
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  quoted += '\'';
  return text.find('\0') == std::string_view::npos ? quoted : "(" + quoted + ")";
}

Result<std::string> LiteralSql(const arrow::Scalar& scalar) {
  if (!scalar.is_valid) return Error(ErrorCode::kInvalidArgument, "null compares with nothing");
  switch (scalar.type->id()) {
    case Type::BOOL:
      return static_cast<const arrow::BooleanScalar&>(scalar).value ? "TRUE" : "FALSE";
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
    case Type::UINT64: {
      // In parentheses: "- 5" would be an operator.
      return "(" + scalar.ToString() + ")";
    }
    case Type::FLOAT:
      return FloatLiteral(static_cast<const arrow::FloatScalar&>(scalar).value, "FLOAT");
    case Type::DOUBLE:
      return FloatLiteral(static_cast<const arrow::DoubleScalar&>(scalar).value, "DOUBLE");
    case Type::STRING:
      return QuoteString(Bytes<arrow::StringScalar>(scalar));
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return QuoteString(Bytes<arrow::BaseBinaryScalar>(scalar));
    case Type::BINARY:
      return fmt::format("unhex('{}')", Hex(Bytes<arrow::BinaryScalar>(scalar)));
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return fmt::format("unhex('{}')", Hex(Bytes<arrow::BaseBinaryScalar>(scalar)));
    case Type::DATE32:
      return DateLiteral(static_cast<const arrow::Date32Scalar&>(scalar).value);
    case Type::DATE64:
      return DateLiteral(static_cast<const arrow::Date64Scalar&>(scalar).value / kDayMs);
    case Type::TIMESTAMP:
      return TimestampLiteral(static_cast<const arrow::TimestampScalar&>(scalar));
    case Type::TIME32:
      return TimeLiteral(static_cast<const arrow::Time32Scalar&>(scalar).value,
                         static_cast<const arrow::Time32Type&>(*scalar.type).unit());
    case Type::TIME64:
      return TimeLiteral(static_cast<const arrow::Time64Scalar&>(scalar).value,
                         static_cast<const arrow::Time64Type&>(*scalar.type).unit());
    case Type::DECIMAL32:
      return DecimalLiteral<arrow::Decimal32Scalar>(scalar);
    case Type::DECIMAL64:
      return DecimalLiteral<arrow::Decimal64Scalar>(scalar);
    case Type::DECIMAL128:
      return DecimalLiteral<arrow::Decimal128Scalar>(scalar);
    case Type::DECIMAL256:
      return DecimalLiteral<arrow::Decimal256Scalar>(scalar);
    default:
      return Error(ErrorCode::kInvalidArgument, "a value of type {} cannot be compared",
                   scalar.type->ToString());
  }
}

Result<QuerySql> ToSql(const BoundQuery& query, const arrow::Schema& schema,
                       std::string_view table) {
  return Writer(schema, table).Select(query);
}

Result<std::string> ToRowPlaceSql(const BoundQuery& query, const arrow::Schema& schema,
                                  std::string_view table, uint64_t rows_max) {
  return Writer(schema, table).RowPlaces(query, rows_max);
}

Result<std::string> ToCountSql(const std::vector<BoundPredicate>& predicates,
                               const arrow::Schema& schema, std::string_view table) {
  return Writer(schema, table).Count(predicates);
}

}  // namespace deltaport::engine
