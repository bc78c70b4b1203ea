// How rows of a table become rows of its data files: which columns, under which names, in which
// directory, with which statistics. Fixed once for a write.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/action.h"
#include "delta/statistics_columns.h"
#include "delta/table_properties.h"
#include "delta/write_schema.h"
#include "storage/object_store.h"

namespace deltaport::delta {

// The table that files are written for, as of the commit that will add them.
struct DataFileTarget {
  // Parses schema and properties of `metadata`.
  static Result<DataFileTarget> Make(const storage::Location& location, const Metadata& metadata,
                                     const std::map<std::string, DomainMetadata>& domains);

  storage::Location location;
  std::shared_ptr<arrow::Schema> schema;  // Logical, with Delta's field metadata.
  std::vector<std::string> partition_columns;
  TableProperties properties;
  std::vector<ColumnPath> clustering_columns;  // Logical.
};

class DataFileLayout {
 public:
  // `rows`: the schema of what will come. `extra`: columns of the rows that the table does not
  // have; they go into the files under their names, without statistics. `fill_missing`: columns
  // that the rows lack are null.
  static Result<DataFileLayout> Make(const DataFileTarget& target, const arrow::Schema& rows,
                                     const arrow::FieldVector& extra, bool fill_missing);

  struct PartitionColumn {
    int index = 0;              // In converted batches.
    std::string name;           // Logical, for messages.
    std::string physical_name;  // In the log and in directories.
  };

  const RowConverter& converter() const { return *converter_; }
  const std::vector<PartitionColumn>& partition_columns() const { return partition_columns_; }
  // Of data files.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  const std::vector<bool>& statistics_leaves() const { return statistics_leaves_; }

  // The columns of the files out of a converted batch.
  std::shared_ptr<arrow::RecordBatch> FileRows(const arrow::RecordBatch& converted) const;

 private:
  std::optional<RowConverter> converter_;
  std::vector<PartitionColumn> partition_columns_;
  std::vector<int> data_columns_;  // In converted batches.
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<bool> statistics_leaves_;
  bool renames_ = false;
};

}  // namespace deltaport::delta
