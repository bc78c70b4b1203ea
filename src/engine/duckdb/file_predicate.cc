#include "engine/duckdb/file_predicate.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <duckdb/planner/expression/list.hpp>
#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/constant_filter.hpp>
#include <duckdb/planner/filter/dynamic_filter.hpp>
#include <duckdb/planner/filter/expression_filter.hpp>
#include <duckdb/planner/filter/in_filter.hpp>
#include <duckdb/planner/filter/optional_filter.hpp>

namespace deltaport::engine {
namespace {

using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::TableFilterType;

bool ValueLess(const BoundValue& a, const BoundValue& b) {
  return std::visit(
      [&](const auto& left) {
        const auto* right = std::get_if<std::decay_t<decltype(left)>>(&b);
        return right != nullptr && BoundLess(left, *right);
      },
      a);
}

// The least text that is greater than every text with that prefix.
std::optional<std::string> AfterPrefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

// The constant that `expression` is, if it has the type of `compared`.
const duckdb::Value* ConstantOf(const duckdb::Expression& expression,
                                const duckdb::Expression& compared) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return nullptr;
  const auto& value = expression.Cast<duckdb::BoundConstantExpression>().value;
  return value.type() == compared.return_type ? &value : nullptr;
}

}  // namespace

FilePredicate FilePredicate::All(std::vector<FilePredicate> conditions) {
  std::erase_if(conditions, [](const FilePredicate& one) { return one.AlwaysTrue(); });
  if (conditions.empty()) return FilePredicate();
  if (conditions.size() == 1) return std::move(conditions.front());
  FilePredicate all(Kind::kAll);
  all.children_ = std::move(conditions);
  return all;
}

FilePredicate FilePredicate::Any(std::vector<FilePredicate> conditions) {
  const bool open =
      std::ranges::any_of(conditions, [](const FilePredicate& one) { return one.AlwaysTrue(); });
  if (open) return FilePredicate();
  FilePredicate any(Kind::kAny);
  any.children_ = std::move(conditions);
  return any;
}

FilePredicate FilePredicate::NullTest(Kind kind, size_t column) {
  FilePredicate test(kind);
  test.column_ = column;
  return test;
}

FilePredicate FilePredicate::Compare(size_t column, ExpressionType comparison,
                                     const duckdb::Value& constant) {
  if (constant.IsNull()) {
    // A comparison with null is never true; the others treat null as a value.
    const bool plain = comparison >= ExpressionType::COMPARE_EQUAL &&
                       comparison <= ExpressionType::COMPARE_GREATERTHANOREQUALTO;
    return FilePredicate(plain ? Kind::kFalse : Kind::kTrue);
  }
  const auto value = ToBoundValue(constant);
  if (!value) return FilePredicate();
  FilePredicate range(Kind::kRange);
  range.column_ = column;
  switch (comparison) {
    case ExpressionType::COMPARE_EQUAL:
      range.low_ = range.high_ = value;
      break;
    case ExpressionType::COMPARE_LESSTHAN:
      range.high_inclusive_ = false;
      [[fallthrough]];
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      range.high_ = value;
      break;
    case ExpressionType::COMPARE_GREATERTHAN:
      range.low_inclusive_ = false;
      [[fallthrough]];
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      range.low_ = value;
      break;
    case ExpressionType::COMPARE_NOTEQUAL:
      range.kind_ = Kind::kDifferent;
      range.values_ = {*value};
      break;
    default:
      return FilePredicate();
  }
  return range;
}

FilePredicate FilePredicate::AnyOf(size_t column, std::vector<BoundValue> values) {
  FilePredicate any(values.empty() ? Kind::kFalse : Kind::kAnyOf);
  any.column_ = column;
  std::ranges::sort(values, ValueLess);
  any.values_ = std::move(values);
  return any;
}

FilePredicate FilePredicate::Prefix(size_t column, const std::string& prefix) {
  FilePredicate range(Kind::kRange);
  range.column_ = column;
  range.low_ = prefix;
  if (auto after = AfterPrefix(prefix)) range.high_ = std::move(*after);
  range.high_inclusive_ = false;
  return range;
}

FilePredicate FilePredicate::OfComparison(const duckdb::Expression& expression,
                                          const ColumnOf& column_of) {
  const auto& comparison = expression.Cast<duckdb::BoundComparisonExpression>();
  const auto* right = ConstantOf(*comparison.right, *comparison.left);
  const auto* left = ConstantOf(*comparison.left, *comparison.right);
  if (right != nullptr) {
    if (const auto column = column_of(*comparison.left)) {
      return Compare(*column, expression.GetExpressionType(), *right);
    }
  } else if (left != nullptr) {
    if (const auto column = column_of(*comparison.right)) {
      return Compare(*column, duckdb::FlipComparisonExpression(expression.GetExpressionType()),
                     *left);
    }
  }
  return FilePredicate();
}

FilePredicate FilePredicate::OfBetween(const duckdb::Expression& expression,
                                       const ColumnOf& column_of) {
  const auto& between = expression.Cast<duckdb::BoundBetweenExpression>();
  const auto column = column_of(*between.input);
  const auto* lower = ConstantOf(*between.lower, *between.input);
  const auto* upper = ConstantOf(*between.upper, *between.input);
  std::vector<FilePredicate> ends;
  if (column && lower != nullptr) {
    ends.push_back(Compare(*column,
                           between.lower_inclusive ? ExpressionType::COMPARE_GREATERTHANOREQUALTO
                                                   : ExpressionType::COMPARE_GREATERTHAN,
                           *lower));
  }
  if (column && upper != nullptr) {
    ends.push_back(Compare(*column,
                           between.upper_inclusive ? ExpressionType::COMPARE_LESSTHANOREQUALTO
                                                   : ExpressionType::COMPARE_LESSTHAN,
                           *upper));
  }
  return All(std::move(ends));
}

FilePredicate FilePredicate::OfOperator(const duckdb::Expression& expression,
                                        const ColumnOf& column_of) {
  const auto& operation = expression.Cast<duckdb::BoundOperatorExpression>();
  const auto column =
      operation.children.empty() ? std::nullopt : column_of(*operation.children.front());
  if (!column) return FilePredicate();
  switch (expression.GetExpressionType()) {
    case ExpressionType::OPERATOR_IS_NULL:
      return NullTest(Kind::kIsNull, *column);
    case ExpressionType::OPERATOR_IS_NOT_NULL:
      return NullTest(Kind::kIsNotNull, *column);
    case ExpressionType::COMPARE_IN:
      break;
    default:
      return FilePredicate();
  }
  std::vector<BoundValue> values;
  for (size_t i = 1; i < operation.children.size(); ++i) {
    const auto* constant = ConstantOf(*operation.children[i], *operation.children.front());
    if (constant == nullptr) return FilePredicate();
    if (constant->IsNull()) continue;
    auto value = ToBoundValue(*constant);
    if (!value) return FilePredicate();
    values.push_back(std::move(*value));
  }
  return AnyOf(*column, std::move(values));
}

FilePredicate FilePredicate::OfFunction(const duckdb::Expression& expression,
                                        const ColumnOf& column_of) {
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  const auto& name = call.function.name;
  const bool like = name == "~~";
  if (call.children.size() != 2 ||
      (!like && name != "prefix" && name != "starts_with" && name != "^@")) {
    return FilePredicate();
  }
  const auto column = column_of(*call.children[0]);
  const auto* text = ConstantOf(*call.children[1], *call.children[0]);
  if (!column || text == nullptr || text->IsNull()) return FilePredicate();
  auto prefix = duckdb::StringValue::Get(*text);
  if (like) prefix = prefix.substr(0, prefix.find_first_of("%_"));
  return prefix.empty() ? FilePredicate() : Prefix(*column, prefix);
}

FilePredicate FilePredicate::Of(const duckdb::Expression& expression, const ColumnOf& column_of) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_COMPARISON:
      return OfComparison(expression, column_of);
    case ExpressionClass::BOUND_BETWEEN:
      return OfBetween(expression, column_of);
    case ExpressionClass::BOUND_OPERATOR:
      return OfOperator(expression, column_of);
    case ExpressionClass::BOUND_FUNCTION:
      return OfFunction(expression, column_of);
    case ExpressionClass::BOUND_CONJUNCTION: {
      std::vector<FilePredicate> children;
      for (const auto& child : expression.Cast<duckdb::BoundConjunctionExpression>().children) {
        children.push_back(Of(*child, column_of));
      }
      return expression.GetExpressionType() == ExpressionType::CONJUNCTION_OR
                 ? Any(std::move(children))
                 : All(std::move(children));
    }
    default:
      return FilePredicate();
  }
}

FilePredicate FilePredicate::Of(const duckdb::TableFilter& filter, size_t column) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& comparison = filter.Cast<duckdb::ConstantFilter>();
      return Compare(column, comparison.comparison_type, comparison.constant);
    }
    case TableFilterType::IS_NULL:
      return NullTest(Kind::kIsNull, column);
    case TableFilterType::IS_NOT_NULL:
      return NullTest(Kind::kIsNotNull, column);
    case TableFilterType::CONJUNCTION_AND:
    case TableFilterType::CONJUNCTION_OR: {
      std::vector<FilePredicate> children;
      for (const auto& child :
           static_cast<const duckdb::ConjunctionFilter&>(filter).child_filters) {
        children.push_back(Of(*child, column));
      }
      return filter.filter_type == TableFilterType::CONJUNCTION_OR ? Any(std::move(children))
                                                                   : All(std::move(children));
    }
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = static_cast<const duckdb::OptionalFilter&>(filter).child_filter;
      return child ? Of(*child, column) : FilePredicate();
    }
    case TableFilterType::IN_FILTER: {
      std::vector<BoundValue> values;
      for (const auto& constant : filter.Cast<duckdb::InFilter>().values) {
        auto value = ToBoundValue(constant);
        if (!value) return FilePredicate();
        values.push_back(std::move(*value));
      }
      return AnyOf(column, std::move(values));
    }
    case TableFilterType::DYNAMIC_FILTER: {
      const auto& data = filter.Cast<duckdb::DynamicFilter>().filter_data;
      if (!data) return FilePredicate();
      const std::lock_guard guard(data->lock);
      return data->initialized && data->filter ? Of(*data->filter, column) : FilePredicate();
    }
    case TableFilterType::EXPRESSION_FILTER:
      return Of(*filter.Cast<duckdb::ExpressionFilter>().expr,
                [&](const duckdb::Expression& expression) -> std::optional<size_t> {
                  if (expression.GetExpressionClass() != ExpressionClass::BOUND_REF) {
                    return std::nullopt;
                  }
                  return column;
                });
    default:
      return FilePredicate();
  }
}

template <typename Passes>
void FilePredicate::Clear(std::span<const uint32_t> files, std::vector<uint8_t>& may,
                          Passes passes) {
  for (size_t i = 0; i < files.size(); ++i) {
    if (may[i] != 0 && !passes(files[i])) may[i] = 0;
  }
}

template <typename T>
bool FilePredicate::RangePasses(const FileBounds& bounds, size_t file) const {
  if (high_ && bounds.HasMin(file)) {
    const auto& high = std::get<T>(*high_);
    const auto& min = bounds.Min<T>(file);
    if (high_inclusive_ ? BoundLess(high, min) : !BoundLess(min, high)) return false;
  }
  if (low_ && bounds.HasMax(file)) {
    const auto& low = std::get<T>(*low_);
    const auto& max = bounds.Max<T>(file);
    if (low_inclusive_ ? BoundLess(max, low) : !BoundLess(low, max)) return false;
  }
  return true;
}

template <typename T>
bool FilePredicate::AnyPasses(const std::vector<T>& values, const FileBounds& bounds, size_t file) {
  const auto less = [](const T& a, const T& b) { return BoundLess(a, b); };
  const auto first = bounds.HasMin(file)
                         ? std::lower_bound(values.begin(), values.end(), bounds.Min<T>(file), less)
                         : values.begin();
  if (first == values.end()) return false;
  return !bounds.HasMax(file) || !BoundLess(bounds.Max<T>(file), *first);
}

template <typename T>
void FilePredicate::RestrictValues(const FileBounds& bounds, std::span<const uint32_t> files,
                                   std::vector<uint8_t>& may) const {
  if (kind_ == Kind::kRange) {
    Clear(files, may,
          [&](size_t file) { return bounds.MayBeValue(file) && RangePasses<T>(bounds, file); });
  } else if (kind_ == Kind::kDifferent) {
    const auto& value = std::get<T>(values_.front());
    Clear(files, may, [&](size_t file) {
      if (!bounds.MayBeValue(file)) return false;
      if (!bounds.exact() || !bounds.HasMin(file)) return true;
      return BoundLess(bounds.Min<T>(file), value) || BoundLess(value, bounds.Min<T>(file));
    });
  } else {
    std::vector<T> values;
    for (const auto& value : values_) values.push_back(std::get<T>(value));
    Clear(files, may, [&](size_t file) {
      return bounds.MayBeValue(file) && AnyPasses<T>(values, bounds, file);
    });
  }
}

void FilePredicate::RestrictColumn(const FileBounds& bounds, std::span<const uint32_t> files,
                                   std::vector<uint8_t>& may) const {
  if (kind_ == Kind::kIsNull) {
    return Clear(files, may, [&](size_t file) { return bounds.MayBeNull(file); });
  }
  if (kind_ == Kind::kIsNotNull) {
    return Clear(files, may, [&](size_t file) { return bounds.MayBeValue(file); });
  }
  const auto comparable = [&](const BoundValue& value) { return bounds.Holds(value); };
  const bool all = (!low_ || comparable(*low_)) && (!high_ || comparable(*high_)) &&
                   std::ranges::all_of(values_, comparable);
  if (!all) return;
  const BoundValue& example = low_ ? *low_ : high_ ? *high_ : values_.front();
  std::visit(
      [&](const auto& value) { RestrictValues<std::decay_t<decltype(value)>>(bounds, files, may); },
      example);
}

void FilePredicate::Restrict(const BoundsOf& bounds_of, std::span<const uint32_t> files,
                             std::vector<uint8_t>& may) const {
  switch (kind_) {
    case Kind::kTrue:
      return;
    case Kind::kFalse:
      return Clear(files, may, [](size_t) { return false; });
    case Kind::kAll:
      for (const auto& child : children_) child.Restrict(bounds_of, files, may);
      return;
    case Kind::kAny: {
      std::vector<uint8_t> any(may.size(), 0);
      for (const auto& child : children_) {
        auto one = may;
        child.Restrict(bounds_of, files, one);
        for (size_t i = 0; i < any.size(); ++i) any[i] |= one[i];
      }
      may = std::move(any);
      return;
    }
    default:
      if (const auto* bounds = bounds_of(column_)) RestrictColumn(*bounds, files, may);
  }
}

}  // namespace deltaport::engine
