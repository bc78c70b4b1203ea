// A BoundQuery as SQL text for the engine. Every name and literal is quoted here.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "engine/structured_query.h"

namespace deltaport::engine {

struct QuerySql {
  std::string text;
  std::shared_ptr<arrow::Schema> schema;  // Of the result: the table's own fields where possible.
};

// `table` is the quoted name to select from. Sums of integers are int64 (overflow is an error), of
// decimals decimal128(38, scale); an average of decimals has four more digits, cut off.
Result<QuerySql> ToSql(const BoundQuery& query, const arrow::Schema& schema,
                       std::string_view table);

// file_index and file_row_number of the rows of an ungrouped query, in its order; `rows_max` at
// most. The table must show these columns, as it does in internal queries.
Result<std::string> ToRowPlaceSql(const BoundQuery& query, const arrow::Schema& schema,
                                  std::string_view table, uint64_t rows_max);

// `SELECT count(*)` of the rows that match; kInvalidArgument as above.
Result<std::string> ToCountSql(const std::vector<BoundPredicate>& predicates,
                               const arrow::Schema& schema, std::string_view table);

std::string QuoteIdentifier(std::string_view name);
std::string QuoteString(std::string_view text);

// A non-null scalar with exactly its type and value.
Result<std::string> LiteralSql(const arrow::Scalar& scalar);

}  // namespace deltaport::engine
