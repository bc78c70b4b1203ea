// One data file that holds its columns just as the table has them, read without the engine.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"

namespace deltaport::lake {

// How the files of a table are read; safe to share between threads.
class PlainFiles {
 public:
  // Null if only the engine can read the table's files: for columns that are nested, variants or
  // mapped by id.
  static Result<std::shared_ptr<const PlainFiles>> Of(std::shared_ptr<const delta::Snapshot> table);

  // Gives the rows of a file in batches: their numbers in the file (int64), then the table's
  // columns. Rows of the deletion vector are left out. False, before the first batch, if only the
  // engine can read the file, or say what is wrong with it. An error of `take` ends it.
  using Take = std::function<Status(std::shared_ptr<arrow::RecordBatch>)>;
  Result<bool> Read(size_t file, const Take& take, const CancelToken& token) const;

  // Of the batches.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

 private:
  // Where the values of a column come from.
  struct Source {
    std::string stored_name;                // In the files; empty for a partition column.
    std::shared_ptr<arrow::Array> by_file;  // Of a partition column: one value a file.
  };
  struct OpenFile;

  PlainFiles() = default;
  Result<std::optional<OpenFile>> Open(size_t file) const;
  bool Fits(const arrow::Schema& file) const;
  Result<std::shared_ptr<arrow::RecordBatch>> Complete(size_t file, int64_t first_row,
                                                       const arrow::RecordBatch& read) const;

  std::shared_ptr<const delta::Snapshot> table_;
  std::vector<Source> sources_;  // One a column of the table.
  std::unordered_set<std::string> stored_names_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace deltaport::lake
