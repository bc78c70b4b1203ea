// Checks a StructuredQuery against a table's schema.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/structured_query.h"

namespace deltaport::engine {

// Bounds of one query; over them it is refused.
inline constexpr size_t kPredicatesMax = 1'024;
inline constexpr size_t kLiteralsMax = 100'000;    // Over all predicates of a list.
inline constexpr size_t kQueryColumnsMax = 4'096;  // In each list that names columns.

// Resolves names (an exact match first, then without regard to case) and literals.
// Every mistake is kInvalidArgument with the text that HTTP clients see, e.g. "unknown column: x",
// "invalid value: 'eq' requires a value" (the list is in docs/http-api.md).
//
// A bound comparison holds a value of the column's own type, utf8 for any text and binary for any
// bytes: a literal between two values has moved to its neighbour (n > 5.5 becomes n > 5). One that
// every non-null value passes has become kIsNotNull, one that none passes has `never` set.
// Columns named twice in `columns` or `group_by` count once.
Result<BoundQuery> Bind(const StructuredQuery& query, const arrow::Schema& schema);

// Predicates alone, as /count takes them.
Result<std::vector<BoundPredicate>> BindPredicates(const std::vector<Predicate>& predicates,
                                                   const arrow::Schema& schema);

// Type of an aggregate's result, which engines cast to: count is int64; sum is int64 over integers,
// double over floating point, and a decimal of 38 digits over decimals; avg is double, over
// decimals four digits wider with four more behind the point; min and max are of the column's
// type. `column` is null for the count of rows. kInvalidArgument if the function does not take the
// column.
Result<std::shared_ptr<arrow::DataType>> AggregateType(AggregateFunction function,
                                                       const arrow::Field* column);

// The columns of the result, in order, as engines must return them.
Result<std::shared_ptr<arrow::Schema>> OutputSchema(const BoundQuery& query,
                                                    const arrow::Schema& schema);

// "eq", "is_not_null"; "count", "sum": the words of the HTTP interface.
std::string_view OperatorName(PredicateOperator op);
std::string_view FunctionName(AggregateFunction function);

}  // namespace deltaport::engine
