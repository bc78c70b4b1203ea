#include "engine/duckdb/stream_input.h"

#include <algorithm>
#include <utility>

#include <arrow/c/bridge.h>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/parser/parsed_data/create_table_info.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/storage/table_storage_info.hpp>

#include "engine/duckdb/error_translation.h"

namespace deltaport::engine {
namespace {

// Larger batches are cut, so that several threads share them.
constexpr int64_t kBatchRowsMax = 64 * 1024;

// DuckDB hands pointers on as numbers.
StreamInput& InputOf(uintptr_t pointer) {
  return *reinterpret_cast<StreamInput*>(pointer);  // NOLINT(performance-no-int-to-ptr)
}

void GetSchema(ArrowArrayStream* pointer, ArrowSchema& out) {
  const auto& input = InputOf(reinterpret_cast<uintptr_t>(pointer));
  const auto status = arrow::ExportSchema(*input.schema(), &out);
  if (!status.ok()) throw duckdb::InvalidInputException(status.message());
}

duckdb::unique_ptr<duckdb::ArrowArrayStreamWrapper> Produce(
    uintptr_t pointer, duckdb::ArrowStreamParameters& parameters) {
  const auto& wanted = parameters.projected_columns.filter_to_col;
  std::vector<int> columns;
  for (size_t i = 0; i < wanted.size(); ++i) columns.push_back(static_cast<int>(wanted.at(i)));
  const auto rows = InputOf(pointer).Take(std::move(columns));
  if (!rows.ok()) throw duckdb::InvalidInputException(rows.status().message());
  auto stream = duckdb::make_uniq<duckdb::ArrowArrayStreamWrapper>();
  stream->number_of_rows = -1;
  const auto status = arrow::ExportRecordBatchReader(*rows, &stream->arrow_array_stream);
  if (!status.ok()) throw duckdb::InvalidInputException(status.message());
  return stream;
}

// DuckDB's scan of Arrow streams, bound to the input.
duckdb::TableFunction BindScan(duckdb::ClientContext& context, StreamInput& input,
                               duckdb::vector<duckdb::LogicalType>& types,
                               duckdb::vector<std::string>& names,
                               duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  auto& entry =
      duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::TableFunctionCatalogEntry>(
          context, DEFAULT_SCHEMA, "arrow_scan");
  duckdb::TableFunction scan = entry.functions.functions[0];
  // The filters would have to be applied to Arrow's arrays.
  scan.filter_pushdown = false;
  scan.filter_prune = false;
  const auto pointer = [](auto* value) {
    return duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(value));
  };
  duckdb::vector<duckdb::Value> inputs{pointer(&input), pointer(&Produce), pointer(&GetSchema)};
  duckdb::named_parameter_map_t named;
  duckdb::vector<duckdb::LogicalType> input_types;
  duckdb::vector<std::string> input_names;
  duckdb::TableFunctionRef ref;
  duckdb::TableFunctionBindInput bind_input(inputs, named, input_types, input_names, nullptr,
                                            nullptr, scan, ref);
  bind_data = scan.bind(context, bind_input, types, names);
  return scan;
}

class StreamTable final : public duckdb::TableCatalogEntry {
 public:
  StreamTable(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
              duckdb::CreateTableInfo& info, StreamInput& input)
      : TableCatalogEntry(catalog, schema, info), input_(input) {}

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&,
                                                           duckdb::column_t) override {
    return nullptr;
  }
  duckdb::TableFunction GetScanFunction(
      duckdb::ClientContext& context,
      duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override {
    duckdb::vector<duckdb::LogicalType> types;
    duckdb::vector<std::string> names;
    return BindScan(context, input_, types, names, bind_data);
  }
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext&) override { return {}; }
  duckdb::virtual_column_map_t GetVirtualColumns() const override { return {}; }
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override { return {}; }
  void BindUpdateConstraints(duckdb::Binder&, duckdb::LogicalGet&, duckdb::LogicalProjection&,
                             duckdb::LogicalUpdate&, duckdb::ClientContext&) override {
    throw duckdb::PermissionException("a stream cannot be changed");
  }

 private:
  StreamInput& input_;
};

}  // namespace

// Called by one thread at a time.
class StreamInput::Selection final : public arrow::RecordBatchReader {
 public:
  Selection(StreamInput& input, std::shared_ptr<arrow::RecordBatchReader> rows,
            std::vector<int> columns)
      : input_(input), rows_(std::move(rows)), columns_(std::move(columns)) {
    arrow::FieldVector fields;
    for (const int column : columns_) fields.push_back(input.schema()->field(column));
    schema_ = arrow::schema(std::move(fields));
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    auto status = Read(out);
    if (!status.ok()) {
      const std::lock_guard guard(input_.lock_);
      if (input_.failure_.ok()) input_.failure_ = status;
    }
    return status;
  }

 private:
  Status Read(std::shared_ptr<arrow::RecordBatch>* out) {
    while (rest_ == nullptr || rest_->num_rows() == 0) {
      ARROW_RETURN_NOT_OK(rows_->ReadNext(&rest_));
      if (rest_ == nullptr) {
        *out = nullptr;
        return Status::OK();
      }
    }
    const auto batch = rest_->Slice(0, std::min(kBatchRowsMax, rest_->num_rows()));
    rest_ = rest_->Slice(batch->num_rows());
    arrow::ArrayVector arrays;
    for (const int column : columns_) arrays.push_back(batch->column(column));
    *out = arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(arrays));
    return Status::OK();
  }

  StreamInput& input_;
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  const std::vector<int> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> rest_;
};

Result<std::shared_ptr<arrow::RecordBatchReader>> StreamInput::Take(std::vector<int> columns) {
  std::shared_ptr<arrow::RecordBatchReader> rows;
  {
    const std::lock_guard guard(lock_);
    rows = std::move(rows_);
    if (rows == nullptr) {
      failure_ = Error(ErrorCode::kInternal, "a query reads one of its streams twice");
      return failure_;
    }
  }
  return std::make_shared<Selection>(*this, std::move(rows), std::move(columns));
}

Status StreamInput::failure() const {
  const std::lock_guard guard(lock_);
  return failure_;
}

duckdb::unique_ptr<duckdb::TableCatalogEntry> MakeStreamTable(duckdb::ClientContext& context,
                                                              duckdb::Catalog& catalog,
                                                              duckdb::SchemaCatalogEntry& schema,
                                                              const std::string& name,
                                                              StreamInput& input) {
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<std::string> names;
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  BindScan(context, input, types, names, bind_data);
  duckdb::CreateTableInfo info(schema, name);
  for (size_t i = 0; i < names.size(); ++i) {
    info.columns.AddColumn(duckdb::ColumnDefinition(names[i], types[i]));
  }
  return duckdb::make_uniq<StreamTable>(catalog, schema, info, input);
}

}  // namespace deltaport::engine
