// The columns of one Parquet file, made to look like those of the table.
//
// DuckDB maps the columns of a file to those of a scan by name and casts where types differ. Both
// are wrong for Delta in places: nested fields have physical names and ids of their own, lists and
// maps have many spellings, INT96 and old timestamps are instants, a text may lack its annotation,
// and a filter on a widened column would be rounded to the type of the file. So the schema of an
// opened file is rewritten before DuckDB maps it.

#pragma once

#include <vector>

#include <duckdb.hpp>
#include <duckdb/common/multi_file/base_file_reader.hpp>
#include <duckdb/planner/table_filter.hpp>

#include "engine/duckdb/table_column.h"

namespace deltaport::engine {

// The type alias of a variant's struct after ResolveFileColumns; see variant_cast.h.
inline constexpr char kVariantAlias[] = "deltaport_variant";

// `column` for the global columns of the scan, with null as the value where a file lacks it.
duckdb::MultiFileColumnDefinition ScanColumn(const TableColumn& column);

// Renames and retypes the columns of the file. Columns that the table lacks become unreachable.
// If `checked`, throws InvalidInputException naming the column where a type cannot be what the
// table's is (PROTOCOL.md, "Type Widening", and the encodings that old writers used).
void ResolveFileColumns(const std::vector<TableColumn>& columns, bool checked,
                        duckdb::BaseFileReader& reader);

// The filters, made such that those on columns that the file has in another type are not
// translated to the file's type but run over the values as the table knows them. Null if none is.
// `column_ids` gives the position in `columns` of each filter.
duckdb::unique_ptr<duckdb::TableFilterSet> FiltersAfterCasts(
    const duckdb::TableFilterSet& filters, const duckdb::vector<duckdb::ColumnIndex>& column_ids,
    const duckdb::vector<duckdb::MultiFileColumnDefinition>& columns,
    const duckdb::BaseFileReader& reader);

}  // namespace deltaport::engine
