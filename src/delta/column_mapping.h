// Column mapping: ids and physical names of columns, and the schema that data files have.
//
// Source: PROTOCOL.md, "Column Mapping". Without mapping the physical schema has the columns' own
// names and no ids.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"
#include "delta/table_properties.h"

namespace deltaport::delta {

// The name of a field inside data files and in the log. kCorruptTable naming the column if mapping
// is on and the field has none.
Result<std::string> PhysicalNameOf(const arrow::Field& field, ColumnMappingMode mode);

// The schema of data files: physical names and Parquet field ids at every level, every column
// and element nullable, no other metadata.
Result<std::shared_ptr<arrow::Schema>> PhysicalSchema(const arrow::Schema& schema,
                                                      ColumnMappingMode mode);

// Values of one type as another of the same layout, whose field names differ.
std::shared_ptr<arrow::Array> Renamed(const arrow::Array& values,
                                      const std::shared_ptr<arrow::DataType>& type);

enum class PhysicalNames {
  kUnique,       // For columns of no file yet: "col-UUID".
  kAsTheColumn,  // For columns that files have under their own names.
};

// Gives an id and a physical name to every field, nested ones too, that has none. `max_id` is the
// highest id that the table has ever used, and is moved.
std::shared_ptr<arrow::Schema> WithColumnIds(const arrow::Schema& schema, PhysicalNames names,
                                             int64_t& max_id);
std::shared_ptr<arrow::Field> WithColumnIds(const arrow::Field& field, PhysicalNames names,
                                            int64_t& max_id);

// The field and all below it without ids and physical names.
std::shared_ptr<arrow::Field> WithoutColumnIds(const arrow::Field& field);

}  // namespace deltaport::delta
