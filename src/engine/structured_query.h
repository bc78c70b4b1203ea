// A question about one table as data: what the HTTP query body says, before and after it is checked
// against a schema. Plain values, no behaviour.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <arrow/scalar.h>
#include <arrow/type.h>

namespace deltaport::engine {

// A number that neither an integer nor a double holds exactly, as it was written: decimal digits
// with sign, point and exponent as in JSON.
struct NumberText {
  std::string text;
};

// A literal as JSON has it; monostate is null.
using Literal =
    std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, NumberText>;

enum class PredicateOperator {
  kEq,
  kNeq,
  kGt,
  kGte,
  kLt,
  kLte,
  kLike,
  kIlike,
  kIn,
  kIsNull,
  kIsNotNull
};
enum class AggregateFunction { kCount, kSum, kAvg, kMin, kMax };
enum class SortDirection { kAscending, kDescending };

struct Predicate {
  std::string column;
  PredicateOperator op;
  std::vector<Literal> values = {};  // One; none for the null tests; any number (> 0) for kIn.
};

struct SortKey {
  std::string column;
  SortDirection direction = SortDirection::kAscending;  // Nulls last ascending, first descending.
};

struct Aggregation {
  AggregateFunction function;
  std::optional<std::string> column;  // None: count of rows.
  std::optional<std::string> alias;   // None: "count", or "{function}_{column in lower case}".
};

struct StructuredQuery {
  std::vector<std::string> columns = {};  // Empty: all. Ignored when grouping.
  std::vector<Predicate> predicates = {};
  std::vector<std::string> group_by = {};
  std::vector<Aggregation> aggregations = {};
  std::vector<Predicate> having = {};
  bool distinct = false;
  std::vector<SortKey> order_by = {};
  std::optional<uint64_t> limit = {};  // Rows in all.
  uint64_t offset = 0;                 // Rows left out first; counts towards nothing else.
};

// After binding: columns are positions in the table's schema, literals have comparable types.

struct BoundPredicate {
  int column = 0;  // Position in the table schema; in `having`: position in the output.
  PredicateOperator op = PredicateOperator::kEq;
  // Non-null scalars, comparable with the column without loss: of its type, or of a wider one (an
  // integer column against 5.5 keeps a double or decimal). For kLike and kIlike: string.
  std::vector<std::shared_ptr<arrow::Scalar>> values;
  bool never = false;  // Can match no row (for example an integer column equal to "abc").
};

struct BoundSortKey {
  int output = 0;  // Position in the output if `in_output`, else in the table schema.
  bool in_output = true;
  SortDirection direction = SortDirection::kAscending;
};

struct BoundAggregation {
  AggregateFunction function = AggregateFunction::kCount;
  std::optional<int> column;
};

// Output columns: when grouping, the group columns and then the aggregations; otherwise `columns`.
struct BoundQuery {
  std::vector<int> columns;
  std::vector<std::string> output_names;
  std::vector<BoundPredicate> predicates;
  std::vector<int> group_by;
  std::vector<BoundAggregation> aggregations;
  std::vector<BoundPredicate> having;
  bool distinct = false;
  std::vector<BoundSortKey> order_by;
  std::optional<uint64_t> limit;
  uint64_t offset = 0;

  bool grouped() const { return !group_by.empty(); }
};

}  // namespace deltaport::engine
