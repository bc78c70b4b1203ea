#include "engine/duckdb/lake_catalog.h"

#include <map>
#include <memory>
#include <string>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/schema_catalog_entry.hpp>
#include <duckdb/catalog/catalog_entry/table_catalog_entry.hpp>
#include <duckdb/catalog/entry_lookup_info.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/parser/parsed_data/attach_info.hpp>
#include <duckdb/parser/parsed_data/create_schema_info.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/planner/tableref/bound_at_clause.hpp>
#include <duckdb/storage/database_size.hpp>
#include <duckdb/storage/storage_extension.hpp>
#include <duckdb/storage/table_storage_info.hpp>
#include <duckdb/transaction/transaction.hpp>
#include <duckdb/transaction/transaction_manager.hpp>

#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/lake_scan.h"
#include "engine/duckdb/query_state.h"
#include "engine/duckdb/statement_guard.h"
#include "engine/duckdb/stream_input.h"
#include "engine/query_engine.h"

namespace deltaport::engine {
namespace {

using duckdb::CatalogEntry;
using duckdb::CatalogTransaction;
using duckdb::ClientContext;
using duckdb::optional_ptr;

[[noreturn]] void RefuseWrite() {
  throw duckdb::PermissionException("tables of the lake cannot be changed by SQL");
}

class LakeTable final : public duckdb::TableCatalogEntry {
 public:
  LakeTable(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
            duckdb::CreateTableInfo& info, std::shared_ptr<const ScanTable> table, bool internal)
      : TableCatalogEntry(catalog, schema, info), table_(std::move(table)), internal_(internal) {}

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(ClientContext&,
                                                           duckdb::column_t column) override {
    return column < table_->columns().size() ? table_->TableStatistics(column) : nullptr;
  }
  duckdb::TableFunction GetScanFunction(
      ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override {
    return BindLakeScan(context, table_, *this, bind_data);
  }
  duckdb::TableStorageInfo GetStorageInfo(ClientContext&) override {
    duckdb::TableStorageInfo info;
    if (const auto rows = table_->row_count()) {
      info.cardinality = static_cast<duckdb::idx_t>(*rows);
    }
    return info;
  }
  // Clients see no file and no row number: paths are nobody's business.
  duckdb::virtual_column_map_t GetVirtualColumns() const override {
    return internal_ ? LakeScanVirtualColumns() : duckdb::virtual_column_map_t();
  }
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override { return {}; }
  void BindUpdateConstraints(duckdb::Binder&, duckdb::LogicalGet&, duckdb::LogicalProjection&,
                             duckdb::LogicalUpdate&, ClientContext&) override {
    RefuseWrite();
  }

 private:
  const std::shared_ptr<const ScanTable> table_;
  const bool internal_;
};

// Keeps the table entries that plans refer to until the query is over.
class LakeTransaction final : public duckdb::Transaction {
 public:
  using Transaction::Transaction;

  std::mutex lock;
  // By name and version.
  std::map<std::string, duckdb::unique_ptr<duckdb::TableCatalogEntry>> tables;
};

delta::TimeTravel ToTimeTravel(const duckdb::BoundAtClause& at) {
  const auto unit = duckdb::StringUtil::Lower(at.Unit());
  if (unit == "version") {
    return delta::AtVersion{
        at.GetValue().DefaultCastAs(duckdb::LogicalType::BIGINT).GetValue<int64_t>()};
  }
  if (unit == "timestamp") {
    const auto instant = at.GetValue().DefaultCastAs(duckdb::LogicalType::TIMESTAMP);
    return delta::AtTimestamp{instant.GetValue<duckdb::timestamp_t>().value / 1000};
  }
  throw duckdb::BinderException("AT takes VERSION or TIMESTAMP, not %s", at.Unit());
}

class LakeSchema final : public duckdb::SchemaCatalogEntry {
 public:
  using SchemaCatalogEntry::SchemaCatalogEntry;

  optional_ptr<CatalogEntry> LookupEntry(CatalogTransaction transaction,
                                         const duckdb::EntryLookupInfo& lookup) override {
    if (lookup.GetCatalogType() != duckdb::CatalogType::TABLE_ENTRY || !transaction.context) {
      return nullptr;
    }
    auto& context = *transaction.context;
    const auto state = QueryState::Get(context);
    if (!state || !state->tables()) return nullptr;
    const auto at = lookup.GetAtClause();
    auto key = duckdb::StringUtil::Lower(lookup.GetEntryName());
    if (at) key += "\n" + at->Unit() + "\n" + at->GetValue().ToString();
    auto& held = duckdb::Transaction::Get(context, catalog).Cast<LakeTransaction>();
    const std::lock_guard guard(held.lock);
    auto& entry = held.tables[key];
    if (auto* stream = entry || at ? nullptr : state->stream(key)) {
      entry = MakeStreamTable(context, catalog, *this, lookup.GetEntryName(), *stream);
    }
    if (!entry) entry = Open(*state, lookup.GetEntryName(), at);
    return entry.get();
  }

  void Scan(ClientContext& context, duckdb::CatalogType type,
            const std::function<void(CatalogEntry&)>& callback) override {
    const auto state = QueryState::Get(context);
    if (type != duckdb::CatalogType::TABLE_ENTRY || !state || !state->tables()) return;
    for (const auto& table_name : state->tables()->Names()) {
      const duckdb::EntryLookupInfo lookup(type, table_name);
      if (auto entry = LookupEntry(catalog.GetCatalogTransaction(context), lookup)) {
        callback(*entry);
      }
    }
  }
  void Scan(duckdb::CatalogType, const std::function<void(CatalogEntry&)>&) override {}

  optional_ptr<CatalogEntry> CreateIndex(CatalogTransaction, duckdb::CreateIndexInfo&,
                                         duckdb::TableCatalogEntry&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateFunction(CatalogTransaction,
                                            duckdb::CreateFunctionInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateTable(CatalogTransaction,
                                         duckdb::BoundCreateTableInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateView(CatalogTransaction, duckdb::CreateViewInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateSequence(CatalogTransaction,
                                            duckdb::CreateSequenceInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateTableFunction(CatalogTransaction,
                                                 duckdb::CreateTableFunctionInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateCopyFunction(CatalogTransaction,
                                                duckdb::CreateCopyFunctionInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreatePragmaFunction(CatalogTransaction,
                                                  duckdb::CreatePragmaFunctionInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateCollation(CatalogTransaction,
                                             duckdb::CreateCollationInfo&) override {
    RefuseWrite();
  }
  optional_ptr<CatalogEntry> CreateType(CatalogTransaction, duckdb::CreateTypeInfo&) override {
    RefuseWrite();
  }
  void DropEntry(ClientContext&, duckdb::DropInfo&) override { RefuseWrite(); }
  void Alter(CatalogTransaction, duckdb::AlterInfo&) override { RefuseWrite(); }

 private:
  // Null if there is no such table; throws if it cannot be opened.
  duckdb::unique_ptr<LakeTable> Open(QueryState& state, const std::string& table_name,
                                     optional_ptr<duckdb::BoundAtClause> at) {
    const auto source =
        state.tables()->Resolve(table_name, at ? ToTimeTravel(*at) : delta::TimeTravel{});
    if (!source.ok() && !at && CodeOf(source.status()) == ErrorCode::kNotFound) return nullptr;
    if (!source.ok()) Fail(state, source.status());
    auto table = state.caches().tables->Get(*source);
    if (!table.ok()) Fail(state, table.status());
    if (state.internal()) CheckNoVirtualColumn(state, **source);
    duckdb::CreateTableInfo info(*this, (*source)->name);
    const auto& schema = *(*table)->schema();
    for (size_t i = 0; i < (*table)->columns().size(); ++i) {
      const auto& column = (*table)->columns()[i];
      info.columns.AddColumn(duckdb::ColumnDefinition(column.name, column.type));
      if (!schema.field(static_cast<int>(i))->nullable()) {
        info.constraints.push_back(
            duckdb::make_uniq<duckdb::NotNullConstraint>(duckdb::LogicalIndex(i)));
      }
    }
    return duckdb::make_uniq<LakeTable>(catalog, *this, info, *std::move(table), state.internal());
  }

  // A column of that name would hide the virtual one.
  static void CheckNoVirtualColumn(QueryState& state, const TableSource& source) {
    for (const auto& field : source.schema()->fields()) {
      const auto field_name = duckdb::StringUtil::Lower(field->name());
      if (field_name != kFileIndexColumn && field_name != kFileRowNumberColumn) continue;
      Fail(state, Error(ErrorCode::kUnsupportedFeature,
                        "table '{}': rows cannot be changed in a table with a column '{}'; rename "
                        "the column",
                        source.name, field->name()));
    }
  }

  [[noreturn]] static void Fail(QueryState& state, const Status& status) {
    state.Record(status);
    throw duckdb::CatalogException(status.message());
  }
};

class LakeCatalog final : public duckdb::Catalog {
 public:
  using Catalog::Catalog;

  void Initialize(bool) override {
    duckdb::CreateSchemaInfo info;
    info.schema = std::string(kLakeSchema);
    info.internal = true;
    schema_ = duckdb::make_uniq<LakeSchema>(*this, info);
  }
  std::string GetCatalogType() override { return "deltaport"; }
  std::string GetDefaultSchema() const override { return std::string(kLakeSchema); }
  bool SupportsTimeTravel() const override { return true; }
  bool InMemory() override { return true; }
  std::string GetDBPath() override { return {}; }
  duckdb::DatabaseSize GetDatabaseSize(ClientContext&) override { return {}; }

  optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(
      CatalogTransaction, const duckdb::EntryLookupInfo& lookup,
      duckdb::OnEntryNotFound if_not_found) override {
    if (duckdb::StringUtil::CIEquals(lookup.GetEntryName(), std::string(kLakeSchema)))
      return schema_.get();
    if (if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
    throw duckdb::CatalogException("schema '%s' does not exist", lookup.GetEntryName());
  }
  void ScanSchemas(ClientContext&,
                   std::function<void(duckdb::SchemaCatalogEntry&)> callback) override {
    callback(*schema_);
  }

  optional_ptr<CatalogEntry> CreateSchema(CatalogTransaction, duckdb::CreateSchemaInfo&) override {
    RefuseWrite();
  }
  duckdb::PhysicalOperator& PlanCreateTableAs(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                              duckdb::LogicalCreateTable&,
                                              duckdb::PhysicalOperator&) override {
    RefuseWrite();
  }
  duckdb::PhysicalOperator& PlanInsert(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalInsert&,
                                       optional_ptr<duckdb::PhysicalOperator>) override {
    RefuseWrite();
  }
  duckdb::PhysicalOperator& PlanDelete(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalDelete&, duckdb::PhysicalOperator&) override {
    RefuseWrite();
  }
  duckdb::PhysicalOperator& PlanUpdate(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                       duckdb::LogicalUpdate&, duckdb::PhysicalOperator&) override {
    RefuseWrite();
  }
  duckdb::PhysicalOperator& PlanMergeInto(ClientContext&, duckdb::PhysicalPlanGenerator&,
                                          duckdb::LogicalMergeInto&,
                                          duckdb::PhysicalOperator&) override {
    RefuseWrite();
  }
  // Without these two the optimizer would crash on our scan.
  duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(
      duckdb::Binder&, duckdb::CreateStatement&, duckdb::TableCatalogEntry&,
      duckdb::unique_ptr<duckdb::LogicalOperator>) override {
    RefuseWrite();
  }
  duckdb::unique_ptr<duckdb::LogicalOperator> BindAlterAddIndex(
      duckdb::Binder&, duckdb::TableCatalogEntry&, duckdb::unique_ptr<duckdb::LogicalOperator>,
      duckdb::unique_ptr<duckdb::CreateIndexInfo>,
      duckdb::unique_ptr<duckdb::AlterTableInfo>) override {
    RefuseWrite();
  }

 private:
  void DropSchema(ClientContext&, duckdb::DropInfo&) override { RefuseWrite(); }

  duckdb::unique_ptr<LakeSchema> schema_;
};

class LakeTransactionManager final : public duckdb::TransactionManager {
 public:
  using TransactionManager::TransactionManager;

  duckdb::Transaction& StartTransaction(ClientContext& context) override {
    auto transaction = duckdb::make_uniq<LakeTransaction>(*this, context);
    const std::lock_guard guard(lock_);
    auto& reference = *transaction;
    running_[&reference] = std::move(transaction);
    return reference;
  }
  duckdb::ErrorData CommitTransaction(ClientContext&, duckdb::Transaction& transaction) override {
    Forget(transaction);
    return {};
  }
  void RollbackTransaction(duckdb::Transaction& transaction) override { Forget(transaction); }
  void Checkpoint(ClientContext&, bool) override {}

 private:
  void Forget(duckdb::Transaction& transaction) {
    duckdb::unique_ptr<LakeTransaction> ended;  // Freed outside of the lock.
    const std::lock_guard guard(lock_);
    const auto found = running_.find(&transaction);
    if (found == running_.end()) return;
    ended = std::move(found->second);
    running_.erase(found);
  }

  std::mutex lock_;
  std::map<duckdb::Transaction*, duckdb::unique_ptr<LakeTransaction>> running_;
};

}  // namespace

void RegisterLakeStorage(duckdb::DatabaseInstance& database) {
  auto storage = duckdb::make_shared_ptr<duckdb::StorageExtension>();
  storage->attach = [](optional_ptr<duckdb::StorageExtensionInfo>, ClientContext&,
                       duckdb::AttachedDatabase& attached, const std::string&, duckdb::AttachInfo&,
                       duckdb::AttachOptions&) -> duckdb::unique_ptr<duckdb::Catalog> {
    return duckdb::make_uniq<LakeCatalog>(attached);
  };
  storage->create_transaction_manager =
      [](optional_ptr<duckdb::StorageExtensionInfo>, duckdb::AttachedDatabase& attached,
         duckdb::Catalog&) -> duckdb::unique_ptr<duckdb::TransactionManager> {
    return duckdb::make_uniq<LakeTransactionManager>(attached);
  };
  duckdb::StorageExtension::Register(duckdb::DBConfig::GetConfig(database), "deltaport", storage);
}

}  // namespace deltaport::engine
