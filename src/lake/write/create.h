// Creating tables with rules for their rows.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/table_write.h"
#include "storage/object_store.h"

namespace deltaport::lake {

struct CreateRequest {
  std::shared_ptr<arrow::Schema> columns;  // As ParseColumns gives them.
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;
  std::map<std::string, std::string> constraints;  // Name → condition in Spark SQL.
};

// An empty table. Errors of delta::CreateTable; kInvalidArgument, or kUnsupportedFeature for what
// Deltaport could not check later, naming a constraint, default or generated column.
Result<delta::WriteOutcome> CreateTable(const storage::Location& location,
                                        const CreateRequest& request);

}  // namespace deltaport::lake
