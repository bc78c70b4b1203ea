// What commitInfo says about the statements that change rows, in the words of Spark, so that
// history reads alike whoever wrote it.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/write/merge_clause.h"
#include "lake/write/row_changes.h"

namespace deltaport::lake {

using OperationMetrics = std::map<std::string, std::string>;

// "DELETE" and "UPDATE"; `predicate` empty: all rows.
delta::Operation DeleteOperation(std::string_view predicate, const RowChangeCounts& counts);
delta::Operation UpdateOperation(std::string_view predicate, const RowChangeCounts& counts);
// `partitions`: only the partitions of the rows were overwritten.
delta::Operation OverwriteOperation(std::string_view predicate, bool partitions,
                                    const std::vector<std::string>& partition_columns,
                                    const RowChangeCounts& counts);
delta::Operation MergeOperation(std::string_view on, const std::vector<MergeClause>& clauses,
                                const RowChangeCounts& counts, int64_t source_rows);

}  // namespace deltaport::lake
