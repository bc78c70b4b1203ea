// Rows of a change as files: new rows pass the table's rules and become data files, and for a
// change data feed all rows become change files, too.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/data_file_layout.h"
#include "delta/data_file_writer.h"
#include "engine/query_engine.h"
#include "lake/write/batch_sink.h"
#include "lake/write/table_rules.h"

namespace deltaport::lake {

// Where rows go. The engine must outlive whatever uses it.
struct RowTarget {
  engine::QueryEngine& engine;
  delta::Metadata metadata;  // With the rules.
  delta::DataFileTarget files;
  delta::DataFileWriterOptions options;
  bool rewrites_rows = false;    // Rows stood in the table before, see RowRuleOptions.
  std::vector<RowCheck> checks;  // Of new rows, beside those of the table.
};

struct WrittenRows {
  int64_t rows = 0;
  std::vector<delta::AddFile> files;
  std::vector<delta::ChangeFile> change_files;
  std::optional<delta::Metadata> metadata;  // To be committed with the rows.
};

using RowSink = BatchSink<WrittenRows>;

// Writes `rows` as MakeNewRowSink tells. Nothing is left when it fails.
Result<WrittenRows> WriteRowFiles(const RowTarget& target,
                                  std::shared_ptr<arrow::RecordBatchReader> rows,
                                  const std::string& change_type, const CancelToken& token);

// Takes columns of the table by name and the extra columns of `options`; those of the table that
// are missing are computed by its rules. With a `change_type` ("insert", "update_postimage") the
// rows are written as changes, too.
std::unique_ptr<RowSink> MakeNewRowSink(const RowTarget& target,
                                        std::shared_ptr<arrow::Schema> schema,
                                        std::string change_type, const CancelToken& token);

// Takes `columns` of the table, all of them or all that it had before this change, and
// delta::kChangeTypeColumn; writes change files only.
std::unique_ptr<RowSink> MakeChangeRowSink(const RowTarget& target, const arrow::Schema& columns,
                                           const CancelToken& token);

// Removes files that no commit names. The first error, if any; the others are tried all the same.
Status RemoveWritten(const storage::Location& table, const WrittenRows& written);

}  // namespace deltaport::lake
