#include "engine/row_lookup.h"

#include <algorithm>
#include <map>

#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>

#include "columnar/delta_schema.h"
#include "columnar/value_bounds.h"
#include "delta/live_files.h"

namespace deltaport::engine {
namespace {

// Rows that may lie anywhere, each in pages of its own.
constexpr size_t kScatteredRowsMax = 256;
// Rows that follow each other.
constexpr size_t kPageRowsMax = 16'384;
// A scan that stops after so few rows reads no more pages than a look-up: most writers begin a page
// every 20,000 rows.
constexpr size_t kScanRowsMax = 20'000;
// More values than this may well be most of a table.
constexpr size_t kValuesMax = 16;
constexpr size_t kFilesMax = 64;

Result<std::shared_ptr<arrow::Array>> InOrder(const arrow::ArrayVector& pieces,
                                              const std::vector<int64_t>& sources) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(sources));
  ARROW_ASSIGN_OR_RAISE(const auto indices, builder.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto all, arrow::Concatenate(pieces));
  ARROW_ASSIGN_OR_RAISE(const auto taken, arrow::compute::Take(arrow::Datum(all), indices));
  return taken.make_array();
}

// The values of a column that the files do not hold, out of the log.
Result<std::shared_ptr<arrow::Array>> PartitionValues(const TableSource& table,
                                                      const std::string& column,
                                                      const std::vector<RowPlace>& places) {
  ARROW_ASSIGN_OR_RAISE(auto values, FilePartitionValues(table, column));
  if (!values) return values;
  arrow::Int64Builder builder;
  for (const auto& place : places) {
    ARROW_RETURN_NOT_OK(builder.Append(static_cast<int64_t>(place.file)));
  }
  ARROW_ASSIGN_OR_RAISE(const auto indices, builder.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto taken, arrow::compute::Take(arrow::Datum(values), indices));
  return taken.make_array();
}

// The literals of a predicate as an array; null if a literal is not of the column's type.
Result<std::shared_ptr<arrow::Array>> ValuesOf(const BoundPredicate& predicate,
                                               const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(const auto builder, arrow::MakeBuilder(type));
  for (const auto& value : predicate.values) {
    if (!value->type->Equals(type)) return std::shared_ptr<arrow::Array>();
    ARROW_RETURN_NOT_OK(builder->AppendScalar(*value));
  }
  return builder->Finish();
}

bool NamesValues(const BoundPredicate& predicate) {
  return !predicate.never &&
         (predicate.op == PredicateOperator::kEq ||
          (predicate.op == PredicateOperator::kIn && predicate.values.size() <= kValuesMax));
}

// Rows of one file, and where they stand in the result.
struct FileRows {
  std::vector<int64_t> rows;
  std::vector<int64_t> positions;
};

}  // namespace

size_t LookupRowsMax(const BoundQuery& query) {
  if (query.grouped() || !query.aggregations.empty() || query.distinct || !query.having.empty()) {
    return 0;
  }
  // The columns that decide are read twice.
  if (query.columns.size() <= query.predicates.size() + query.order_by.size()) return 0;
  if (query.predicates.empty() && query.order_by.empty()) {
    const bool deep = query.offset >= kScanRowsMax;
    return deep && query.limit && *query.limit <= kPageRowsMax ? kPageRowsMax : 0;
  }
  if (query.limit && *query.limit <= kScatteredRowsMax) return kScatteredRowsMax;
  const bool names_values =
      std::any_of(query.predicates.begin(), query.predicates.end(), NamesValues);
  return names_values ? kScatteredRowsMax : 0;
}

struct RowFetcher::WantedValues {
  std::string column;
  std::shared_ptr<arrow::Array> values;
};

Result<std::optional<std::vector<int64_t>>> RowFetcher::FindInFile(
    const TableSource& table, const std::vector<WantedValues>& wanted, size_t file) {
  std::optional<std::vector<int64_t>> rows;
  if (HasDeletedRows(table, file)) return rows;
  ARROW_ASSIGN_OR_RAISE(const auto open, files_->Open(table, file));
  const columnar::ParquetRows reader(open.footer, open.file, &dictionaries_);
  std::vector<int> fields;
  for (const auto& [column, values] : wanted) {
    const auto field = StoredField(table, *open.footer, column);
    if (!field) return rows;
    fields.push_back(*field);
  }
  size_t searched = 0;
  for (; searched < wanted.size() && !rows; ++searched) {
    ARROW_ASSIGN_OR_RAISE(rows, reader.FindEqual(fields[searched], *wanted[searched].values));
  }
  if (!rows) return rows;
  for (size_t i = 0; i < wanted.size() && !rows->empty(); ++i) {
    if (i + 1 == searched) continue;
    ARROW_ASSIGN_OR_RAISE(const auto column, reader.Read(fields[i], *rows));
    ARROW_ASSIGN_OR_RAISE(auto slots, columnar::FindEqual(*column, *wanted[i].values));
    for (int64_t& slot : slots) slot = (*rows)[static_cast<size_t>(slot)];
    rows = std::move(slots);
  }
  return rows;
}

Result<std::vector<size_t>> RowFetcher::FilesThatMayHold(const TableSource& table,
                                                         const std::vector<WantedValues>& wanted) {
  std::vector<bool> may_hold(FileCount(table), true);
  const auto* snapshot = SnapshotOf(table);
  for (size_t i = 0; snapshot && i < wanted.size(); ++i) {
    const int column = snapshot->schema()->GetFieldIndex(wanted[i].column);
    ARROW_ASSIGN_OR_RAISE(const auto bounds, snapshot->Statistics(column));
    if (!bounds->min_values || !bounds->max_values) continue;
    ARROW_ASSIGN_OR_RAISE(
        const auto of_column,
        columnar::MayHold(*bounds->min_values, *bounds->max_values, *wanted[i].values));
    for (size_t file = 0; file < may_hold.size(); ++file) {
      may_hold[file] = may_hold[file] && of_column[file];
    }
  }
  std::vector<size_t> files;
  for (size_t file = 0; file < may_hold.size(); ++file) {
    if (may_hold[file]) files.push_back(file);
  }
  return files;
}

Result<std::optional<std::vector<RowPlace>>> RowFetcher::Find(const TableSource& table,
                                                              const BoundQuery& query,
                                                              size_t rows_max,
                                                              const CancelToken& token) {
  std::optional<std::vector<RowPlace>> scan_instead;
  if (!query.order_by.empty() || query.predicates.empty()) return scan_instead;
  std::vector<WantedValues> wanted;
  for (const auto& predicate : query.predicates) {
    if (!NamesValues(predicate)) return scan_instead;
    const auto& field = *table.schema()->field(predicate.column);
    if (!columnar::HaveBounds(*field.type()) || !StoredName(table, field.name())) {
      return scan_instead;
    }
    ARROW_ASSIGN_OR_RAISE(auto values, ValuesOf(predicate, field.type()));
    if (!values) return scan_instead;
    wanted.push_back({field.name(), std::move(values)});
  }
  ARROW_ASSIGN_OR_RAISE(const auto files, FilesThatMayHold(table, wanted));
  if (files.size() > kFilesMax) return scan_instead;
  std::vector<RowPlace> places;
  for (const size_t file : files) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_ASSIGN_OR_RAISE(const auto rows, FindInFile(table, wanted, file));
    if (!rows) return scan_instead;
    for (const int64_t row : *rows) places.push_back({file, row});
  }
  const auto first = std::min<uint64_t>(query.offset, places.size());
  places.erase(places.begin(), places.begin() + static_cast<int64_t>(first));
  if (query.limit && places.size() > *query.limit) places.resize(*query.limit);
  if (places.size() > rows_max) return scan_instead;
  return places;
}

Result<bool> RowFetcher::ReadFile(const TableSource& table, const std::vector<int>& columns,
                                  size_t file, const std::vector<int64_t>& rows,
                                  const CancelToken& token,
                                  std::vector<arrow::ArrayVector>& pieces) {
  ARROW_ASSIGN_OR_RAISE(const auto open, files_->Open(table, file));
  const columnar::ParquetRows reader(open.footer, open.file, &dictionaries_);
  // All types before the first page: a scan would read the same pages again.
  std::vector<std::pair<size_t, int>> reads;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& name = table.schema()->field(columns[i])->name();
    if (!StoredName(table, name)) continue;
    const auto stored = StoredField(table, *open.footer, name);
    if (!stored) return false;
    reads.emplace_back(i, *stored);
  }
  for (const auto& [i, stored] : reads) {
    ARROW_RETURN_NOT_OK(token.Check());
    ARROW_ASSIGN_OR_RAISE(auto piece, reader.Read(stored, rows));
    pieces[i].push_back(std::move(piece));
  }
  return true;
}

Result<std::shared_ptr<arrow::RecordBatch>> RowFetcher::Fetch(const TableSource& table,
                                                              const std::vector<int>& columns,
                                                              const std::vector<RowPlace>& places,
                                                              const CancelToken& token) {
  std::shared_ptr<arrow::RecordBatch> scan_instead;
  arrow::FieldVector fields;
  for (const int column : columns) fields.push_back(table.schema()->field(column));
  const auto schema = arrow::schema(std::move(fields));
  if (places.empty()) return arrow::RecordBatch::MakeEmpty(schema);
  std::map<size_t, FileRows> by_file;
  for (size_t i = 0; i < places.size(); ++i) {
    auto& rows = by_file[places[i].file];
    rows.rows.push_back(places[i].row);
    rows.positions.push_back(static_cast<int64_t>(i));
  }
  if (by_file.size() > kFilesMax) return scan_instead;
  std::vector<int64_t> sources(places.size());  // Of each row, among the pieces put together.
  std::vector<arrow::ArrayVector> pieces(columns.size());
  int64_t next = 0;
  for (const auto& [file, rows] : by_file) {
    for (const int64_t position : rows.positions) sources[static_cast<size_t>(position)] = next++;
    ARROW_ASSIGN_OR_RAISE(const bool read,
                          ReadFile(table, columns, file, rows.rows, token, pieces));
    if (!read) return scan_instead;
  }
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& field = schema->field(static_cast<int>(i));
    std::shared_ptr<arrow::Array> values;
    if (pieces[i].empty()) {
      ARROW_ASSIGN_OR_RAISE(values, PartitionValues(table, field->name(), places));
    } else {
      ARROW_ASSIGN_OR_RAISE(values, InOrder(pieces[i], sources));
    }
    if (!values || !values->type()->Equals(field->type())) return scan_instead;
    arrays.push_back(std::move(values));
  }
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(places.size()), std::move(arrays));
}

}  // namespace deltaport::engine
