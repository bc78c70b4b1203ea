#include "lake/write/row_tracking_columns.h"

#include <arrow/builder.h>

namespace deltaport::lake {
namespace {

// `of_file` gives the value of a row that stores none.
template <typename OfFile>
Result<std::shared_ptr<arrow::Array>> Values(const arrow::Int64Array& stored,
                                             const arrow::Int64Array& files, OfFile of_file) {
  arrow::Int64Builder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(stored.length()));
  for (int64_t i = 0; i < stored.length(); ++i) {
    std::optional<int64_t> value;
    if (stored.IsValid(i)) {
      value = stored.Value(i);
    } else if (files.IsValid(i)) {
      value = of_file(static_cast<size_t>(files.Value(i)), i);
    }
    if (value) {
      builder.UnsafeAppend(*value);
    } else {
      builder.UnsafeAppendNull();
    }
  }
  return builder.Finish();
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> StableRowIds(const arrow::Int64Array& stored,
                                                   const arrow::Int64Array& files,
                                                   const arrow::Int64Array& rows,
                                                   const delta::LiveFiles& live) {
  return Values(stored, files, [&](size_t file, int64_t i) -> std::optional<int64_t> {
    const auto* extras = live.extras(file);
    if (!extras || !extras->base_row_id) return std::nullopt;
    return *extras->base_row_id + rows.Value(i);
  });
}

Result<std::shared_ptr<arrow::Array>> RowCommitVersions(const arrow::Int64Array& stored,
                                                        const arrow::Int64Array& files,
                                                        const delta::LiveFiles& live) {
  return Values(stored, files, [&](size_t file, int64_t) -> std::optional<int64_t> {
    const auto* extras = live.extras(file);
    return extras ? extras->default_row_commit_version : std::nullopt;
  });
}

}  // namespace deltaport::lake
