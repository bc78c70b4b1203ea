#include "ports/datapress/query_request.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engine/query_binding.h"
#include "ports/datapress/json_body.h"
#include "ports/wire/http_message.h"

namespace deltaport::ports::datapress {
namespace {

using engine::AggregateFunction;
using engine::PredicateOperator;

// Readers of JsonField that put the value into `target`.
auto Into(const JsonBody& body, std::string& target) {
  return [&](JsonValue value) { return body.ReadText(value).Value(&target); };
}
auto Into(const JsonBody& body, bool& target) {
  return [&](JsonValue value) { return body.ReadBoolean(value).Value(&target); };
}
auto Into(const JsonBody& body, uint64_t& target) {
  return [&](JsonValue value) { return body.ReadUnsigned(value).Value(&target); };
}
auto Into(const JsonBody& body, std::optional<std::string>& target) {
  return [&](JsonValue value) -> Status {
    if (JsonBody::IsNull(value)) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(target, body.ReadText(value));
    return Status::OK();
  };
}
auto Into(const JsonBody& body, std::optional<uint64_t>& target) {
  return [&](JsonValue value) -> Status {
    if (JsonBody::IsNull(value)) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(target, body.ReadUnsigned(value));
    return Status::OK();
  };
}
auto Into(const JsonBody& body, std::vector<std::string>& target) {
  return [&](JsonValue value) {
    return body.ReadList(
        value, [&](JsonValue element) { return Into(body, target.emplace_back())(element); });
  };
}

Status ReadValue(JsonValue value, const JsonBody& body, BodyValue& target) {
  if (JsonBody::IsList(value)) {
    target.kind = BodyValue::Kind::kList;
    return body.ReadList(value, [&](JsonValue element) {
      auto literal = JsonBody::ToLiteral(element);
      if (!literal) target.kind = BodyValue::Kind::kUnsupported;
      if (literal) target.values.push_back(*std::move(literal));
      return Status::OK();
    });
  }
  if (JsonBody::IsNull(value)) return Status::OK();
  auto literal = JsonBody::ToLiteral(value);
  target.kind = literal ? BodyValue::Kind::kSingle : BodyValue::Kind::kUnsupported;
  if (literal) target.values.push_back(*std::move(literal));
  return Status::OK();
}

auto Into(const JsonBody& body, std::vector<BodyPredicate>& target) {
  return [&](JsonValue list) {
    return body.ReadList(list, [&](JsonValue element) {
      BodyPredicate& predicate = target.emplace_back();
      const std::array<JsonField, 3> fields{{
          {"col", Into(body, predicate.column), true},
          {"op", Into(body, predicate.op), true},
          {"val", [&](JsonValue value) { return ReadValue(value, body, predicate.value); }},
      }};
      return body.ReadStruct(element, "struct Predicate", fields);
    });
  };
}

auto Into(const JsonBody& body, std::vector<BodySortKey>& target) {
  return [&](JsonValue list) {
    return body.ReadList(list, [&](JsonValue element) {
      BodySortKey& key = target.emplace_back();
      const std::array<JsonField, 2> fields{{
          {"col", Into(body, key.column), true},
          {"dir", Into(body, key.direction)},
      }};
      return body.ReadStruct(element, "struct OrderBy", fields);
    });
  };
}

auto Into(const JsonBody& body, std::vector<BodyAggregation>& target) {
  return [&](JsonValue list) {
    return body.ReadList(list, [&](JsonValue element) {
      BodyAggregation& aggregation = target.emplace_back();
      const std::array<JsonField, 3> fields{{
          {"col", Into(body, aggregation.column)},
          {"op", Into(body, aggregation.op), true},
          {"alias", Into(body, aggregation.alias)},
      }};
      return body.ReadStruct(element, "struct Aggregation", fields);
    });
  };
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// What a client wrote, short enough to be repeated to it.
std::string_view Shown(std::string_view text) { return text.substr(0, 200); }

std::optional<PredicateOperator> FindOperator(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(PredicateOperator::kIsNotNull); ++i) {
    const auto op = static_cast<PredicateOperator>(i);
    if (engine::OperatorName(op) == name) return op;
  }
  return std::nullopt;
}

Result<engine::Predicate> ToPredicate(BodyPredicate body) {
  const auto op = FindOperator(body.op);
  if (!op) return Error(ErrorCode::kInvalidArgument, "unknown operator: {}", Shown(body.op));
  engine::Predicate predicate{std::move(body.column), *op};
  if (*op == PredicateOperator::kIsNull || *op == PredicateOperator::kIsNotNull) return predicate;
  const BodyValue::Kind kind = body.value.kind;
  const bool given = kind != BodyValue::Kind::kMissing && kind != BodyValue::Kind::kUnsupported;
  if (*op == PredicateOperator::kIn && given) {
    if (kind != BodyValue::Kind::kList || body.value.values.empty()) {
      return Error(ErrorCode::kInvalidArgument, "invalid value: 'in' needs a non-empty array");
    }
  } else if (kind == BodyValue::Kind::kList || kind == BodyValue::Kind::kUnsupported) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid value: unsupported literal type in predicate");
  }
  predicate.values = std::move(body.value.values);
  if (predicate.values.empty()) {
    return Error(ErrorCode::kInvalidArgument, "invalid value: '{}' requires a value", body.op);
  }
  return predicate;
}

Result<engine::SortKey> ToSortKey(BodySortKey body) {
  engine::SortKey key{std::move(body.column)};
  const std::string direction = Lower(body.direction.value_or("asc"));
  if (direction != "asc" && direction != "desc") {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid value: order_by direction must be 'asc' or 'desc' (got '{}')",
                 Shown(*body.direction));
  }
  if (direction == "desc") key.direction = engine::SortDirection::kDescending;
  return key;
}

Result<engine::Aggregation> ToAggregation(BodyAggregation body) {
  const std::string name = Lower(body.op);
  for (int i = 0; i <= static_cast<int>(AggregateFunction::kMax); ++i) {
    const auto function = static_cast<AggregateFunction>(i);
    if (engine::FunctionName(function) == name) {
      return engine::Aggregation{function, std::move(body.column), std::move(body.alias)};
    }
  }
  return Error(ErrorCode::kInvalidArgument,
               "invalid value: unknown aggregation op '{}' (expected count|sum|avg|min|max)",
               Shown(body.op));
}

}  // namespace

Result<QueryBody> ReadQueryBody(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const JsonBody body, JsonBody::Parse(text));
  QueryBody query;
  const std::array<JsonField, 10> fields{{
      {"columns", Into(body, query.columns)},
      {"predicates", Into(body, query.predicates)},
      {"group_by", Into(body, query.group_by)},
      {"aggregations", Into(body, query.aggregations)},
      {"having", Into(body, query.having)},
      {"distinct", Into(body, query.distinct)},
      {"order_by", Into(body, query.order_by)},
      {"limit", Into(body, query.limit)},
      {"page", Into(body, query.page)},
      {"page_size", Into(body, query.page_size)},
  }};
  ARROW_RETURN_NOT_OK(body.ReadStruct(body.root(), "struct QueryRequest", fields));
  return query;
}

Result<std::vector<BodyPredicate>> ReadCountBody(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const JsonBody body, JsonBody::Parse(text));
  std::vector<BodyPredicate> predicates;
  const std::array<JsonField, 1> fields{{{"predicates", Into(body, predicates)}}};
  ARROW_RETURN_NOT_OK(body.ReadStruct(body.root(), "struct CountRequest", fields));
  return predicates;
}

Result<SqlBody> ReadSqlBody(std::string_view text) {
  ARROW_ASSIGN_OR_RAISE(const JsonBody body, JsonBody::Parse(text));
  SqlBody sql;
  const std::array<JsonField, 2> fields{{
      {"sql", Into(body, sql.sql), true},
      {"max_rows", Into(body, sql.max_rows)},
  }};
  ARROW_RETURN_NOT_OK(body.ReadStruct(body.root(), "struct SqlRequest", fields));
  return sql;
}

Result<std::vector<engine::Predicate>> ToPredicates(std::vector<BodyPredicate> bodies) {
  std::vector<engine::Predicate> predicates;
  predicates.reserve(bodies.size());
  for (BodyPredicate& body : bodies) {
    ARROW_ASSIGN_OR_RAISE(predicates.emplace_back(), ToPredicate(std::move(body)));
  }
  return predicates;
}

Result<engine::StructuredQuery> ToStructuredQuery(QueryBody body) {
  engine::StructuredQuery query;
  query.columns = std::move(body.columns);
  ARROW_ASSIGN_OR_RAISE(query.predicates, ToPredicates(std::move(body.predicates)));
  query.group_by = std::move(body.group_by);
  for (BodyAggregation& aggregation : body.aggregations) {
    ARROW_ASSIGN_OR_RAISE(query.aggregations.emplace_back(), ToAggregation(std::move(aggregation)));
  }
  ARROW_ASSIGN_OR_RAISE(query.having, ToPredicates(std::move(body.having)));
  query.distinct = body.distinct;
  for (BodySortKey& key : body.order_by) {
    ARROW_ASSIGN_OR_RAISE(query.order_by.emplace_back(), ToSortKey(std::move(key)));
  }
  query.limit = body.limit;
  return query;
}

Page EffectivePage(uint64_t number, uint64_t size, uint64_t size_max) {
  return {std::max<uint64_t>(number, 1),
          std::clamp<uint64_t>(size, 1, std::max<uint64_t>(size_max, 1))};
}

void RestrictToPage(const Page& page, engine::StructuredQuery& query) {
  // Engines count rows in 63 bits; no table has so many.
  constexpr uint64_t kOffsetMax = std::numeric_limits<int64_t>::max() / 2;
  const uint64_t pages_before = page.number - 1;
  const uint64_t offset =
      pages_before > kOffsetMax / page.size ? kOffsetMax : pages_before * page.size;
  uint64_t count = page.size;
  if (query.limit) count = std::min(count, *query.limit - std::min(*query.limit, offset));
  query.offset = offset;
  query.limit = count;
}

}  // namespace deltaport::ports::datapress
