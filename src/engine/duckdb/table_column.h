// A column of a table as it stands in data files: by which name or field id it is found, which type
// the scan gives it, and the same for what is nested in it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type.h>
#include <duckdb.hpp>

#include "base/error.h"
#include "delta/action.h"
#include "delta/table_properties.h"

namespace deltaport::engine {

// How columns are found in data files. The snapshot has checked the mode.
delta::ColumnMappingMode ColumnMappingOf(const delta::Metadata& metadata);

struct TableColumn {
  std::string name;           // As queries know it.
  std::string physical_name;  // In the data files.
  std::optional<int32_t> id;  // In the data files; found by it if set.
  duckdb::LogicalType type;   // Of the scan's output.
  bool stored = true;         // False for void and partition columns, whatever the files hold.
  bool variant = false;
  std::vector<TableColumn>
      children;  // Fields of a struct; a list's element; a map's key and value.

  // kCorruptTable if a mapped field lacks its physical name or id, kUnsupportedFeature for a type
  // that cannot be queried.
  static Result<TableColumn> Make(const arrow::Field& field, delta::ColumnMappingMode mapping);
};

}  // namespace deltaport::engine
