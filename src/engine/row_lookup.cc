#include "engine/row_lookup.h"

#include <algorithm>
#include <map>

#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>

#include "columnar/delta_schema.h"
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

const delta::Snapshot* SnapshotOf(const TableSource& table) {
  const auto* snapshot = std::get_if<std::shared_ptr<const delta::Snapshot>>(&table.files);
  return snapshot ? snapshot->get() : nullptr;
}

// What a file must hold for a column: its name there; nullopt if it is no column of the files.
std::optional<std::string> StoredName(const TableSource& table, const std::string& column) {
  if (const auto* snapshot = SnapshotOf(table)) {
    const int position = snapshot->schema()->GetFieldIndex(column);
    if (position < 0 || snapshot->IsPartitionColumn(position)) return std::nullopt;
    return snapshot->PhysicalName(position);
  }
  const auto& hive = std::get<ParquetFiles>(table.files).hive_columns;
  if (std::find(hive.begin(), hive.end(), column) != hive.end()) return std::nullopt;
  return column;
}

// The value of a column that the files do not hold, out of the log.
Result<std::shared_ptr<arrow::Array>> PartitionValues(const TableSource& table,
                                                      const std::string& column,
                                                      const std::vector<RowPlace>& places) {
  const auto* snapshot = SnapshotOf(table);
  if (snapshot == nullptr) return std::shared_ptr<arrow::Array>();
  const int position = snapshot->schema()->GetFieldIndex(column);
  ARROW_ASSIGN_OR_RAISE(const auto values, snapshot->PartitionValues(position));
  arrow::Int64Builder builder;
  for (const auto& place : places) {
    ARROW_RETURN_NOT_OK(builder.Append(static_cast<int64_t>(place.file)));
  }
  ARROW_ASSIGN_OR_RAISE(const auto indices, builder.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto taken, arrow::compute::Take(arrow::Datum(values), indices));
  return taken.make_array();
}

Result<std::shared_ptr<arrow::Array>> InOrder(const arrow::ArrayVector& pieces,
                                              const std::vector<int64_t>& sources) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.AppendValues(sources));
  ARROW_ASSIGN_OR_RAISE(const auto indices, builder.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto all, arrow::Concatenate(pieces));
  ARROW_ASSIGN_OR_RAISE(const auto taken, arrow::compute::Take(arrow::Datum(all), indices));
  return taken.make_array();
}

// Rows of one file, and where they stand in the result.
struct FileRows {
  std::vector<int64_t> rows;
  std::vector<int64_t> positions;
};

}  // namespace

struct RowFetcher::OpenFile {
  std::shared_ptr<const columnar::ParquetFooter> footer;
  std::shared_ptr<arrow::io::RandomAccessFile> file;
};

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
      std::any_of(query.predicates.begin(), query.predicates.end(), [](const auto& predicate) {
        return predicate.op == PredicateOperator::kEq ||
               (predicate.op == PredicateOperator::kIn && predicate.values.size() <= kValuesMax);
      });
  return names_values ? kScatteredRowsMax : 0;
}

Result<RowFetcher::OpenFile> RowFetcher::Open(const TableSource& table, size_t file) {
  const storage::ObjectStore* store = nullptr;
  storage::ObjectInfo info;
  if (const auto* snapshot = SnapshotOf(table)) {
    store = snapshot->location().store.get();
    info = {snapshot->FilePath(file), snapshot->files().size_bytes(file), 0};
  } else {
    const auto& files = std::get<ParquetFiles>(table.files);
    store = files.store.get();
    info = files.files[file];
  }
  OpenFile open;
  ARROW_ASSIGN_OR_RAISE(open.file, store->Open(info.path, info.size_bytes));
  const std::string key =
      fmt::format("{}:{}\n{}\n{}", store->scheme(), info.path, info.size_bytes, info.modified_ms);
  open.footer = Find(key);
  if (!open.footer) {
    ARROW_ASSIGN_OR_RAISE(open.footer, columnar::ParquetFooter::Read(info.path, open.file));
    Keep(key, open.footer);
  }
  return open;
}

std::shared_ptr<const columnar::ParquetFooter> RowFetcher::Find(const std::string& key) {
  const std::lock_guard guard(lock_);
  const auto found = std::find_if(footers_.begin(), footers_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found == footers_.end()) return nullptr;
  footers_.splice(footers_.begin(), footers_, found);
  return footers_.front().footer;
}

void RowFetcher::Keep(const std::string& key,
                      std::shared_ptr<const columnar::ParquetFooter> footer) {
  const std::lock_guard guard(lock_);
  kept_bytes_ += footer->memory_bytes();
  footers_.push_front({key, std::move(footer)});
  while (kept_bytes_ > footers_bytes_ && footers_.size() > 1) {
    kept_bytes_ -= footers_.back().footer->memory_bytes();
    footers_.pop_back();
  }
}

Result<bool> RowFetcher::ReadFile(const TableSource& table, const std::vector<int>& columns,
                                  size_t file, const std::vector<int64_t>& rows,
                                  const CancelToken& token,
                                  std::vector<arrow::ArrayVector>& pieces) {
  ARROW_ASSIGN_OR_RAISE(const OpenFile open, Open(table, file));
  const columnar::ParquetRows reader(open.footer, open.file);
  const auto& stored_schema = *open.footer->schema();
  // All types before the first page: a scan would read the same pages again.
  std::vector<std::pair<size_t, int>> reads;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto& field = *table.schema()->field(columns[i]);
    const auto stored_name = StoredName(table, field.name());
    if (!stored_name) continue;
    const int stored = stored_schema.GetFieldIndex(*stored_name);
    if (stored < 0 || !stored_schema.field(stored)->type()->Equals(field.type())) return false;
    reads.emplace_back(i, stored);
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
