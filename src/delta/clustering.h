// The columns that a table is clustered by.
//
// Source: PROTOCOL.md, "Clustered Table": the domain delta.clustering holds physical names.

#pragma once

#include <map>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/action.h"
#include "delta/statistics_columns.h"

namespace deltaport::delta {

inline constexpr char kClusteringDomain[] = "delta.clustering";

// Logical paths; empty if the table is not clustered. kCorruptTable for a domain that does not
// say, or names a column that the schema does not have.
Result<std::vector<ColumnPath>> ClusteringColumns(
    const std::map<std::string, DomainMetadata>& domains, const arrow::Schema& schema,
    ColumnMappingMode mode);

// The domain for these logical paths. kInvalidArgument for a column that does not exist, stands
// twice or has a type without bounds.
Result<DomainMetadata> ClusteringDomain(const std::vector<ColumnPath>& columns,
                                        const arrow::Schema& schema, ColumnMappingMode mode);

}  // namespace deltaport::delta
