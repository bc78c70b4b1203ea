#include "engine/duckdb/local_files.h"

#include <string_view>

#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/result_stream.h"
#include "engine/query_sql.h"

namespace deltaport::engine {
namespace {

Result<std::string_view> ReaderOf(std::string_view pattern) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (pattern.ends_with(packed)) pattern.remove_suffix(packed.size());
  }
  if (pattern.ends_with(".parquet")) return "read_parquet";
  if (pattern.ends_with(".csv") || pattern.ends_with(".tsv")) return "read_csv";
  return Error(ErrorCode::kInvalidArgument,
               "'{}' is neither .parquet nor .csv nor .tsv (these may end in .gz or .zst)",
               pattern);
}

Result<std::shared_ptr<arrow::RecordBatchReader>> RunOwn(const std::shared_ptr<Instance>& instance,
                                                         const std::string& sql,
                                                         const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(auto connection, instance->Connect());
  ARROW_ASSIGN_OR_RAISE(auto statement, ParseOwnStatement(*connection, sql));
  auto state = duckdb::make_shared_ptr<QueryState>(nullptr, instance->caches());
  return StreamQuery(std::move(connection), std::move(state), std::move(statement), nullptr, token);
}

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLocalFiles(const std::string& pattern,
                                                                 const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, ReaderOf(pattern));
  ARROW_ASSIGN_OR_RAISE(const auto instance, Instance::OpenUnlocked());
  const std::string quoted = QuoteString(pattern);
  ARROW_ASSIGN_OR_RAISE(
      const auto matches,
      RunOwn(instance, fmt::format("SELECT file FROM glob({}) LIMIT 1", quoted), token));
  std::shared_ptr<arrow::RecordBatch> match;
  ARROW_RETURN_NOT_OK(matches->ReadNext(&match));
  if (match == nullptr || match->num_rows() == 0) {
    return Error(ErrorCode::kNotFound, "no file matches '{}'", pattern);
  }
  return RunOwn(instance, fmt::format("SELECT * FROM {}({})", reader, quoted), token);
}

}  // namespace deltaport::engine
