// Changes of a table that its rows, or the engine, have a say in. What needs neither is in
// delta/schema_change.h.
//
// Each function puts the change into a transaction and returns what its commit is to be called, as
// those of delta/schema_change.h do.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/transaction.h"
#include "engine/query_engine.h"

namespace deltaport::lake {

// "a.b" as the path of field b inside of a; a name with a point stands between backticks.
// kInvalidArgument for text that is no such path.
Result<delta::ColumnPath> ParseColumnPath(std::string_view text);

// A new nullable column, whose type is Spark SQL text and may be followed by COMMENT 'text'.
// `after`: the column before it, "" for the first place.
Result<delta::Operation> AddColumn(delta::Transaction& transaction, const delta::ColumnPath& path,
                                   std::string_view type, const std::optional<std::string>& comment,
                                   const std::optional<std::string>& after);

// `type` is Spark SQL text. See delta::ChangeColumnType.
Result<delta::Operation> ChangeColumnType(delta::Transaction& transaction,
                                          const delta::ColumnPath& path, std::string_view type);

// Reads all rows. kInvalidArgument showing a row that breaks the condition (Spark SQL), or for a
// mistake in it.
Result<delta::Operation> AddConstraint(engine::QueryEngine& engine, delta::Transaction& transaction,
                                       const std::string& name, const std::string& condition,
                                       const CancelToken& token);

// Reads the column. kInvalidArgument showing a row that has a null there.
Result<delta::Operation> SetNotNull(engine::QueryEngine& engine, delta::Transaction& transaction,
                                    const delta::ColumnPath& path, const CancelToken& token);

// `expression` in Spark SQL, checked to be one of the column's type.
Result<delta::Operation> SetColumnDefault(delta::Transaction& transaction,
                                          const delta::ColumnPath& path,
                                          const std::string& expression);

}  // namespace deltaport::lake
