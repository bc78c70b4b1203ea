// The files of a table that upkeep is to look at.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"
#include "engine/query_engine.h"

namespace deltaport::lake {

// Indices of the live files, ascending: all, or those in the partitions for which `where` (a
// predicate in SQL) is true. kInvalidArgument for a mistake in the predicate, and naming a column
// that the table is not partitioned by.
Result<std::vector<size_t>> SelectFiles(engine::QueryEngine& engine,
                                        const std::shared_ptr<const delta::Snapshot>& snapshot,
                                        const std::optional<std::string>& where,
                                        const CancelToken& token);

}  // namespace deltaport::lake
