// The JSON bodies of the query routes.
//
// Reading a body has two steps: into values of the right types ("Json deserialize error: …"), and
// into a question ("unknown operator: x"), which comes after the dataset was found.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/structured_query.h"

namespace deltaport::ports::datapress {

// A predicate's `val` before its operator is known.
struct BodyValue {
  enum class Kind { kMissing, kSingle, kList, kUnsupported };
  Kind kind = Kind::kMissing;
  std::vector<engine::Literal> values;
};

struct BodyPredicate {
  std::string column;
  std::string op;
  BodyValue value;
};

struct BodySortKey {
  std::string column;
  std::optional<std::string> direction;
};

struct BodyAggregation {
  std::optional<std::string> column;
  std::string op;
  std::optional<std::string> alias;
};

// The body as written.
struct QueryBody {
  std::vector<std::string> columns;
  std::vector<BodyPredicate> predicates;
  std::vector<std::string> group_by;
  std::vector<BodyAggregation> aggregations;
  std::vector<BodyPredicate> having;
  bool distinct = false;
  std::vector<BodySortKey> order_by;
  std::optional<uint64_t> limit;
  uint64_t page = 1;
  uint64_t page_size = 1000;
};

struct SqlBody {
  std::string sql;
  std::optional<uint64_t> max_rows;
};

// kInvalidArgument with "Json deserialize error: … at line L column C".
Result<QueryBody> ReadQueryBody(std::string_view text);
Result<std::vector<BodyPredicate>> ReadCountBody(std::string_view text);
Result<SqlBody> ReadSqlBody(std::string_view text);

// The question, with limit over all pages and no offset yet.
// kInvalidArgument for operators, directions and values that are none.
Result<engine::StructuredQuery> ToStructuredQuery(QueryBody body);
Result<std::vector<engine::Predicate>> ToPredicates(std::vector<BodyPredicate> predicates);

// Which rows of the whole result a page holds.
struct Page {
  uint64_t number = 1;  // From 1.
  uint64_t size = 1000;
};

// Page 0 is page 1; the size is brought into 1 … `size_max`.
Page EffectivePage(uint64_t number, uint64_t size, uint64_t size_max);

// Sets limit and offset of `query`, whose limit counts over all pages.
void RestrictToPage(const Page& page, engine::StructuredQuery& query);

}  // namespace deltaport::ports::datapress
