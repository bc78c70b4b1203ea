// Whether rows fit a table: the same columns by name, of the same Delta types.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"

namespace deltaport::delta {

// kInvalidArgument listing added, missing and changed columns. Order does not matter. Arrow types
// that columnar::DeltaTypeOf maps to the column's type fit, because their values convert exactly,
// and so do types that the column's type is a widening of (delta/type_change.h), at any depth; no
// other cast is made. `fill_missing`: columns and members of structs may be missing.
Status CheckWriteSchema(const arrow::Schema& table, const arrow::Schema& rows, bool fill_missing);

// kInvalidArgument for what no table may have: no columns, columns of type void, names with
// characters that Parquet tools refuse (" ,;{}()\n\t=") unless columns are mapped, two names that
// differ only in case; and for partition columns that do not exist, stand twice, are nested, or
// leave no other column.
Status CheckNewTable(const arrow::Schema& schema, const std::vector<std::string>& partition_columns,
                     bool mapped);

// Turns batches into the table's columns, in its order and types, and checks NOT NULL.
class RowConverter {
 public:
  // kInvalidArgument as CheckWriteSchema.
  static Result<RowConverter> Make(std::shared_ptr<arrow::Schema> table, const arrow::Schema& rows,
                                   bool fill_missing);

  // kInvalidArgument naming the column for a null where none may be, or a value that has no exact
  // form in the column's type.
  Result<std::shared_ptr<arrow::RecordBatch>> Convert(const arrow::RecordBatch& batch) const;

  // The table's schema with every column and element nullable: what data files are written with.
  const std::shared_ptr<arrow::Schema>& file_schema() const { return file_schema_; }

 private:
  std::shared_ptr<arrow::Schema> table_;
  std::shared_ptr<arrow::Schema> file_schema_;
  std::vector<int> columns_;  // Index in the rows of each table column; -1 if they lack it.
};

}  // namespace deltaport::delta
