// What a table name in a query stands for: an immutable set of files with a schema.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::engine {

// Parquet files outside of any Delta log. Columns are matched by name; one that a file lacks is
// null. `hive_columns` come from `key=value` directories and are in `schema` as well.
struct ParquetFiles {
  std::shared_ptr<storage::ObjectStore> store;
  std::vector<storage::ObjectInfo> files;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> hive_columns;
  std::optional<int64_t> row_count;  // From the footers.
};

// Shared by every query that uses the table at this generation.
struct TableSource {
  std::string name;
  std::variant<std::shared_ptr<const delta::Snapshot>, ParquetFiles> files;

  // Set when some columns are hidden: the columns that exist for queries, in order. They are found
  // in the files' own schema by name. Null: all columns.
  std::shared_ptr<arrow::Schema> visible_schema;

  // What queries see: `visible_schema` if set, else the schema of the files.
  const std::shared_ptr<arrow::Schema>& schema() const;
};

// Lists the files that `pattern` names and unites their schemas: a file, a directory (not
// recursive) or a glob ("dir/*.parquet", "dir/**/*.parquet"). kNotFound if nothing matches.
Result<ParquetFiles> OpenParquetFiles(const storage::Location& pattern);

// Finds tables by the names that SQL text uses. Called from engine threads.
class TableResolver {
 public:
  virtual ~TableResolver() = default;

  // kNotFound if there is no such table; names match without regard to case.
  virtual Result<std::shared_ptr<const TableSource>> Resolve(std::string_view name,
                                                             const delta::TimeTravel& at) const = 0;

  // Every visible name, in order.
  virtual std::vector<std::string> Names() const = 0;
};

}  // namespace deltaport::engine
