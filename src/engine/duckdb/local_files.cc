#include "engine/duckdb/local_files.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "engine/duckdb/error_translation.h"
#include "engine/duckdb/instance.h"
#include "engine/duckdb/result_stream.h"
#include "engine/local_files.h"
#include "engine/query_sql.h"

namespace deltaport::engine {
namespace {

// JSON has no schema of its own; an object may be as large as the reader of lines takes it.
constexpr int64_t kJsonObjectMaxBytes = int64_t{64} << 20;

Result<LocalFormat> FormatOf(std::string_view pattern) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (pattern.ends_with(packed)) pattern.remove_suffix(packed.size());
  }
  if (pattern.ends_with(".parquet")) return LocalFormat::kParquet;
  if (pattern.ends_with(".csv") || pattern.ends_with(".tsv")) return LocalFormat::kCsv;
  for (const std::string_view ending : {".json", ".jsonl", ".ndjson"}) {
    if (pattern.ends_with(ending)) return LocalFormat::kJson;
  }
  return Error(ErrorCode::kInvalidArgument,
               "'{}' is neither .parquet nor .csv, .tsv, .json, .jsonl or .ndjson (text may end in "
               ".gz or .zst)",
               pattern);
}

// Of files that are packed alike; DuckDB looks at each name otherwise.
std::string Packing(const std::vector<std::string>& patterns) {
  const auto all_end_with = [&](std::string_view ending) {
    return std::ranges::all_of(patterns,
                               [&](const auto& pattern) { return pattern.ends_with(ending); });
  };
  if (all_end_with(".gz")) return ", compression = 'gzip'";
  return all_end_with(".zst") ? ", compression = 'zstd'" : "";
}

// The call that reads the files.
std::string ReaderSql(const std::vector<std::string>& patterns, const LocalFileOptions& options) {
  std::vector<std::string> texts;
  for (const auto& pattern : patterns) texts.push_back(QuoteString(pattern));
  const std::string quoted = fmt::format("[{}]", fmt::join(texts, ", "));
  switch (options.format) {
    case LocalFormat::kParquet:
      return fmt::format("read_parquet({})", quoted);
    case LocalFormat::kJson:
      return fmt::format(
          "read_json({}, sample_size = -1, union_by_name = true, maximum_object_size = {}{})",
          quoted, kJsonObjectMaxBytes, Packing(patterns));
    case LocalFormat::kCsv:
      break;
  }
  if (options.text_columns.empty()) {
    return fmt::format("read_csv({}, header = true{})", quoted, Packing(patterns));
  }
  std::string types;
  for (const auto& column : options.text_columns) {
    types += fmt::format("{}{}: 'VARCHAR'", types.empty() ? "" : ", ", QuoteString(column));
  }
  return fmt::format("read_csv({}, header = true, allow_quoted_nulls = false, types = {{{}}}{})",
                     quoted, types, Packing(patterns));
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

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLocalFiles(
    const std::vector<std::string>& patterns, const LocalFileOptions& options,
    const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto instance, Instance::OpenUnlocked());
  for (const auto& pattern : patterns) {
    ARROW_ASSIGN_OR_RAISE(
        const auto matches,
        RunOwn(instance, fmt::format("SELECT file FROM glob({}) LIMIT 1", QuoteString(pattern)),
               token));
    std::shared_ptr<arrow::RecordBatch> match;
    ARROW_RETURN_NOT_OK(matches->ReadNext(&match));
    if (match == nullptr || match->num_rows() == 0) {
      return Error(ErrorCode::kNotFound, "no file matches '{}'", pattern);
    }
  }
  return RunOwn(instance, fmt::format("SELECT * FROM {}", ReaderSql(patterns, options)), token);
}

Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLocalFiles(const std::string& pattern,
                                                                 const CancelToken& token) {
  LocalFileOptions options;
  ARROW_ASSIGN_OR_RAISE(options.format, FormatOf(pattern));
  return ReadLocalFiles(std::vector{pattern}, options, token);
}

}  // namespace deltaport::engine
