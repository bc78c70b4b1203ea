// QueryEngine on one locked DuckDB instance.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/direct_scan.h"
#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/lake_catalog.h"
#include "engine/duckdb/local_files.h"
#include "engine/duckdb/query_state.h"
#include "engine/duckdb/result_stream.h"
#include "engine/duckdb/statement_guard.h"
#include "engine/query_engine.h"
#include "engine/query_sql.h"
#include "engine/row_lookup.h"

namespace deltaport::engine {
namespace {

// The one table of a structured query, under a name of our own.
constexpr char kSourceName[] = "source";

class OneTable final : public TableResolver {
 public:
  explicit OneTable(std::shared_ptr<const TableSource> table) : table_(std::move(table)) {}

  Result<std::shared_ptr<const TableSource>> Resolve(std::string_view name,
                                                     const delta::TimeTravel&) const override {
    if (name != kSourceName) return Error(ErrorCode::kNotFound, "no table '{}'", name);
    return table_;
  }
  std::vector<std::string> Names() const override { return {kSourceName}; }

 private:
  const std::shared_ptr<const TableSource> table_;
};

// The tables of an internal query by the names that it uses.
class NamedTables final : public TableResolver {
 public:
  using Tables = std::map<std::string, std::shared_ptr<const TableSource>>;

  explicit NamedTables(const Tables& tables) {
    for (const auto& [name, table] : tables) tables_[duckdb::StringUtil::Lower(name)] = table;
  }

  Result<std::shared_ptr<const TableSource>> Resolve(std::string_view name,
                                                     const delta::TimeTravel&) const override {
    const auto found = tables_.find(duckdb::StringUtil::Lower(std::string(name)));
    if (found == tables_.end()) return Error(ErrorCode::kNotFound, "no table '{}'", name);
    return found->second;
  }
  std::vector<std::string> Names() const override {
    std::vector<std::string> names;
    for (const auto& [name, table] : tables_) names.push_back(name);
    return names;
  }

 private:
  Tables tables_;
};

// What is kept of files for look-ups and direct scans: parts of the memory limit.
constexpr int64_t kFootersShare = 256;
constexpr int64_t kDictionariesShare = 64;

std::string SourceSql() { return fmt::format("{}.{}.{}", kLakeCatalog, kLakeSchema, kSourceName); }

Result<int64_t> SingleInteger(arrow::RecordBatchReader& reader) {
  ARROW_ASSIGN_OR_RAISE(const auto batch, reader.Next());
  if (!batch || batch->num_rows() != 1 || batch->num_columns() != 1) {
    return Error(ErrorCode::kInternal, "a count did not give one number");
  }
  return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
}

bool HasVirtualNames(const arrow::Schema& schema) {
  return std::any_of(schema.fields().begin(), schema.fields().end(), [](const auto& field) {
    return duckdb::StringUtil::CIEquals(field->name(), std::string(kFileIndexColumn)) ||
           duckdb::StringUtil::CIEquals(field->name(), std::string(kFileRowNumberColumn));
  });
}

// Nullopt for more than `rows_max`.
Result<std::optional<std::vector<RowPlace>>> ReadPlaces(arrow::RecordBatchReader& reader,
                                                        size_t rows_max) {
  std::vector<RowPlace> places;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader.Next());
    if (!batch) return places;
    const auto& files = static_cast<const arrow::Int64Array&>(*batch->column(0));
    const auto& rows = static_cast<const arrow::Int64Array&>(*batch->column(1));
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      places.push_back({static_cast<size_t>(files.Value(i)), rows.Value(i)});
    }
    if (places.size() > rows_max) return std::nullopt;
  }
}

class DuckDbEngine final : public QueryEngine {
 public:
  explicit DuckDbEngine(std::shared_ptr<Instance> instance)
      : instance_(std::move(instance)),
        files_(std::make_shared<TableFiles>(instance_->memory_limit_bytes() / kFootersShare)),
        fetcher_(files_, instance_->memory_limit_bytes() / kDictionariesShare) {}

  Result<std::shared_ptr<arrow::RecordBatchReader>> Execute(
      const std::shared_ptr<const TableSource>& table, const BoundQuery& query,
      const CancelToken& token) override {
    ARROW_ASSIGN_OR_RAISE(auto found, LookUp(table, query, token));
    if (found) return found;
    ARROW_ASSIGN_OR_RAISE(found, ScanDirectly(table, query, files_, token));
    if (found) return found;
    ARROW_ASSIGN_OR_RAISE(auto sql, ToSql(query, *table->schema(), SourceSql()));
    return Run(table, sql.text, std::move(sql.schema), token);
  }

  Result<int64_t> Count(const std::shared_ptr<const TableSource>& table,
                        const std::vector<BoundPredicate>& predicates,
                        const CancelToken& token) override {
    if (predicates.empty()) {
      ARROW_ASSIGN_OR_RAISE(const auto scanned, instance_->caches().tables->Get(table));
      if (scanned->row_count()) return *scanned->row_count();
    }
    ARROW_ASSIGN_OR_RAISE(const auto sql, ToCountSql(predicates, *table->schema(), SourceSql()));
    ARROW_ASSIGN_OR_RAISE(const auto reader, Run(table, sql, nullptr, token));
    return SingleInteger(*reader);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> ExecuteSql(const SqlQuery& query,
                                                               const CancelToken& token) override {
    ARROW_ASSIGN_OR_RAISE(auto guarded,
                          CatchDuckDb([&] { return GuardStatement(query.text, *query.tables); }));
    ARROW_ASSIGN_OR_RAISE(auto connection, instance_->Connect());
    return StreamQuery(std::move(connection), StateFor(query.tables), std::move(guarded.statement),
                       nullptr, token);
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> ExecuteInternal(
      const InternalQuery& query, const CancelToken& token) override {
    StreamInputs streams;
    for (const auto& [name, rows] : query.streams) {
      streams[duckdb::StringUtil::Lower(name)] = std::make_shared<StreamInput>(rows);
    }
    auto state = duckdb::make_shared_ptr<QueryState>(std::make_shared<NamedTables>(query.tables),
                                                     instance_->caches(), std::move(streams));
    ARROW_ASSIGN_OR_RAISE(auto connection, instance_->Connect());
    KeepOrder(*connection, query.keep_order);
    ARROW_ASSIGN_OR_RAISE(auto statement, ParseOwnStatement(*connection, query.sql));
    return StreamQuery(std::move(connection), std::move(state), std::move(statement), nullptr,
                       token);
  }

  Result<std::string> Explain(const std::shared_ptr<const TableSource>& table,
                              const BoundQuery& query) override {
    ARROW_ASSIGN_OR_RAISE(const auto sql, ToSql(query, *table->schema(), SourceSql()));
    ARROW_ASSIGN_OR_RAISE(const auto reader,
                          Run(table, "EXPLAIN " + sql.text, nullptr, CancelToken()));
    std::string text;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
      if (!batch) return text;
      const auto& plans =
          static_cast<const arrow::StringArray&>(*batch->column(batch->num_columns() - 1));
      for (int64_t i = 0; i < plans.length(); ++i) text += plans.GetView(i);
    }
  }

  Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLocalFiles(
      const std::string& pattern, const CancelToken& token) override {
    return engine::ReadLocalFiles(pattern, token);
  }

 private:
  // The answer by single rows; null if a scan is the way.
  Result<std::shared_ptr<arrow::RecordBatchReader>> LookUp(
      const std::shared_ptr<const TableSource>& table, const BoundQuery& query,
      const CancelToken& token) {
    std::shared_ptr<arrow::RecordBatchReader> scan_instead;
    const size_t rows_max = LookupRowsMax(query);
    if (rows_max == 0 || HasVirtualNames(*table->schema())) return scan_instead;
    ARROW_ASSIGN_OR_RAISE(auto places, fetcher_.Find(*table, query, rows_max, token));
    if (!places) {
      ARROW_ASSIGN_OR_RAISE(places, ScanForPlaces(table, query, rows_max, token));
    }
    if (!places) return scan_instead;
    ARROW_ASSIGN_OR_RAISE(const auto rows, fetcher_.Fetch(*table, query.columns, *places, token));
    if (!rows) return scan_instead;
    ARROW_ASSIGN_OR_RAISE(const auto named, rows->RenameColumns(query.output_names));
    return arrow::RecordBatchReader::Make({named}, named->schema());
  }

  Result<std::optional<std::vector<RowPlace>>> ScanForPlaces(
      const std::shared_ptr<const TableSource>& table, const BoundQuery& query, size_t rows_max,
      const CancelToken& token) {
    InternalQuery places_query{.tables = {{kSourceName, table}}, .keep_order = true};
    ARROW_ASSIGN_OR_RAISE(places_query.sql,
                          ToRowPlaceSql(query, *table->schema(), SourceSql(), rows_max + 1));
    ARROW_ASSIGN_OR_RAISE(const auto reader, ExecuteInternal(places_query, token));
    return ReadPlaces(*reader, rows_max);
  }

  duckdb::shared_ptr<QueryState> StateFor(std::shared_ptr<const TableResolver> tables) const {
    return duckdb::make_shared_ptr<QueryState>(std::move(tables), instance_->caches());
  }

  // SQL of our own over one table.
  Result<std::shared_ptr<arrow::RecordBatchReader>> Run(
      const std::shared_ptr<const TableSource>& table, const std::string& sql,
      std::shared_ptr<arrow::Schema> schema, const CancelToken& token) {
    ARROW_ASSIGN_OR_RAISE(auto connection, instance_->Connect());
    ARROW_ASSIGN_OR_RAISE(auto statement, ParseOwnStatement(*connection, sql));
    return StreamQuery(std::move(connection), StateFor(std::make_shared<OneTable>(table)),
                       std::move(statement), std::move(schema), token);
  }

  const std::shared_ptr<Instance> instance_;
  const std::shared_ptr<TableFiles> files_;
  RowFetcher fetcher_;
};

}  // namespace

Result<std::unique_ptr<QueryEngine>> MakeDuckDbEngine(const EngineOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto instance, Instance::Open(options));
  return std::make_unique<DuckDbEngine>(std::move(instance));
}

}  // namespace deltaport::engine
