// Rows of local files into a Delta table.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/action.h"
#include "delta/snapshot.h"
#include "engine/query_engine.h"
#include "lake/input/input_rows.h"

namespace deltaport::lake {

enum class ImportMode {
  kCreate,     // The table must not exist.
  kAppend,     // It must exist.
  kOverwrite,  // It must exist; its rows are replaced.
};

struct ImportRequest {
  InputFiles input;
  std::string table;  // Path or URI of the table's folder.
  ImportMode mode = ImportMode::kAppend;
  std::vector<std::string> partition_columns;  // Only with kCreate.
  // Makes a repeated import safe: see delta::WriteOptions. Not with kCreate.
  std::optional<delta::SetTransaction> transaction;
  bool merge_schema = false;  // See delta::WriteOptions. Not with kCreate.
};

struct ImportOutcome {
  delta::TableVersion version = 0;  // That holds the rows.
  int64_t rows = 0;
  int64_t files = 0;
  int64_t size_bytes = 0;
  bool already_done = false;  // `transaction` was recorded before; nothing was written.
};

// The rows have to keep the rules of the table, which fills columns that they lack
// (write/append.h). Reads all files as one stream and writes them in one commit, with kCreate the
// table's first. Nothing is visible when it fails. kNotFound or kAlreadyExists if the table is not
// as the mode wants it, kInvalidArgument if the columns of the files differ from each other or from
// the table, kCancelled by `token`.
Result<ImportOutcome> Import(engine::QueryEngine& engine, const ImportRequest& request,
                             const CancelToken& token);

}  // namespace deltaport::lake
