// Changes of a table's schema and properties: commits of metadata only.
//
// Each function puts the change into a transaction and returns what its commit is to be called;
// several may be in one commit. Errors come before anything is written: kNotFound and
// kAlreadyExists for columns and constraints, kInvalidArgument for what the format does not allow,
// kConflict for a column that something depends on, kUnsupportedFeature for a feature that we
// could not keep.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/statistics_columns.h"
#include "delta/transaction.h"

namespace deltaport::delta {

struct NewColumn {
  ColumnPath parent;                    // The struct that gets it; empty: the table.
  std::shared_ptr<arrow::Field> field;  // Nullable; metadata may hold "comment".
  std::optional<std::string> after;     // The column before it; "" for the first place.
};

// Old rows have nulls there.
Result<Operation> AddColumns(Transaction& transaction, const std::vector<NewColumn>& columns);

// Needs column mapping, because data files keep their names. Not for columns that constraints or
// generated columns speak of.
Result<Operation> RenameColumn(Transaction& transaction, const ColumnPath& path,
                               const std::string& name);

// Needs column mapping. Not for partition and clustering columns, the last column, and columns that
// constraints or generated columns speak of.
Result<Operation> DropColumns(Transaction& transaction, const std::vector<ColumnPath>& paths);

// One of the widenings of the protocol, if delta.enableTypeWidening is on. `path` may end in
// "element", "key" or "value".
Result<Operation> ChangeColumnType(Transaction& transaction, const ColumnPath& path,
                                   const arrow::DataType& type);

// The caller has checked that no row has a null there; rows that come meanwhile are a conflict.
Result<Operation> SetNotNull(Transaction& transaction, const ColumnPath& path);
Result<Operation> DropNotNull(Transaction& transaction, const ColumnPath& path);

// The SQL text of the value that rows get which give none; nullopt takes it away.
Result<Operation> SetColumnDefault(Transaction& transaction, const ColumnPath& path,
                                   const std::optional<std::string>& expression);

Result<Operation> SetColumnComment(Transaction& transaction, const ColumnPath& path,
                                   const std::optional<std::string>& comment);

Result<Operation> SetTableComment(Transaction& transaction,
                                  const std::optional<std::string>& comment);

// Also turns features on: column mapping by name on a table that has rows (columns keep their names
// in files), row tracking (files get row ids in the same commit), features by
// "delta.feature.NAME" = "supported".
Result<Operation> SetProperties(Transaction& transaction,
                                const std::map<std::string, std::string>& properties);
// kNotFound for one that is not set, unless `if_exists`.
Result<Operation> UnsetProperties(Transaction& transaction, const std::vector<std::string>& names,
                                  bool if_exists);

// `expression`: SQL text. The caller has checked that it parses and that every row passes; rows
// that come meanwhile are a conflict.
Result<Operation> AddConstraint(Transaction& transaction, const std::string& name,
                                const std::string& expression);
Result<Operation> DropConstraint(Transaction& transaction, const std::string& name, bool if_exists);

// Logical paths; none: the table is clustered no longer. Rows stay where they are.
Result<Operation> SetClusteringColumns(Transaction& transaction,
                                       const std::vector<ColumnPath>& columns);

// Lists the feature, and what it needs, in the protocol.
Result<Operation> AddFeature(Transaction& transaction, const std::string& feature);

// The high-water marks of identity columns, by name, in the same commit as the rows that moved
// them. A mark never moves back.
Status SetIdentityMarks(Transaction& transaction, const std::map<std::string, int64_t>& marks);

// Starts a transaction on the latest version, changes and commits it.
using TableChange = std::function<Result<Operation>(Transaction&)>;
Result<CommitOutcome> ChangeTable(const storage::Location& location, const TableChange& change,
                                  const CancelToken& token);

}  // namespace deltaport::delta
