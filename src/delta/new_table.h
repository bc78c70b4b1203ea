// What a table is when it is created: its metadata, protocol and domains.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/statistics_columns.h"
#include "delta/transaction.h"

namespace deltaport::delta {

struct NewTable {
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;  // Table properties.
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::vector<ColumnPath> clustering_columns;  // Not together with partition columns.
};

// The transaction of the first version. `schema` may have every type with a Delta form
// (columnar::DeltaTypeOf); field metadata such as "comment", "CURRENT_DEFAULT",
// "delta.generationExpression" and "delta.identity.start" is kept and turns its features on.
// kInvalidArgument for names that no table may have and for bad properties, kUnsupportedFeature
// for a type or feature that we could not keep.
Result<Transaction> StartTable(const storage::Location& location, const arrow::Schema& schema,
                               const NewTable& table);

}  // namespace deltaport::delta
