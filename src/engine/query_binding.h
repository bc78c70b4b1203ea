// Checks a StructuredQuery against a table's schema.

#pragma once

#include <memory>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/structured_query.h"

namespace deltaport::engine {

// Resolves names (an exact match first, then without regard to case) and literals.
// Every mistake is kInvalidArgument with the text that HTTP clients see, e.g. "unknown column: x",
// "invalid value: 'eq' requires a value" (the list is in docs/http-api.md).
Result<BoundQuery> Bind(const StructuredQuery& query, const arrow::Schema& schema);

// Predicates alone, as /count takes them.
Result<std::vector<BoundPredicate>> BindPredicates(const std::vector<Predicate>& predicates,
                                                   const arrow::Schema& schema);

}  // namespace deltaport::engine
