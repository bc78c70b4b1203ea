// DuckDB chunks as Arrow record batches of a given schema.

#pragma once

#include <memory>
#include <optional>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <duckdb.hpp>
#include <duckdb/common/arrow/arrow_appender.hpp>

#include "base/error.h"

namespace deltaport::engine {

// Collects chunks and hands them out as batches.
class ArrowResultBuilder {
 public:
  // `wanted` null: the schema that the DuckDB types have in Arrow, with 128-bit integers as int64
  // (a value outside is an error). Otherwise as many fields as the result has columns.
  static Result<std::unique_ptr<ArrowResultBuilder>> Make(const duckdb::QueryResult& result,
                                                          std::shared_ptr<arrow::Schema> wanted);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  // True when there is enough for a batch.
  bool full() const;
  bool empty() const { return !appender_; }

  Status Append(duckdb::DataChunk& chunk);
  // The rows since the last call.
  Result<std::shared_ptr<arrow::RecordBatch>> Finish();

 private:
  duckdb::vector<duckdb::LogicalType> types_;
  duckdb::ClientProperties properties_;
  std::shared_ptr<arrow::Schema> produced_;  // What DuckDB's conversion gives.
  std::shared_ptr<arrow::Schema> schema_;
  duckdb::unique_ptr<duckdb::ArrowAppender> appender_;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
};

// `array` as `type`: only renamed where the layout is the same, cast without loss otherwise.
Result<std::shared_ptr<arrow::Array>> Retype(const std::shared_ptr<arrow::Array>& array,
                                             const std::shared_ptr<arrow::DataType>& type);

}  // namespace deltaport::engine
