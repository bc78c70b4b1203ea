// Look-ups: queries that are likely to want few rows of several columns. Their rows are found by
// the page indexes of the files or by a scan of the columns that decide; all columns of the result
// come by single pages.
//
// Why: a scan unpacks every page of a row group before the wanted row, in each of its columns.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "columnar/dictionary_cache.h"
#include "engine/structured_query.h"
#include "engine/table_files.h"
#include "engine/table_source.h"

namespace deltaport::engine {

// How many rows of `query` at most are worth being looked up; 0 if a scan is as good. Rows that lie
// together share pages, so a plain page of a table may be larger than the answer to a predicate.
size_t LookupRowsMax(const BoundQuery& query);

// Where a row lies.
struct RowPlace {
  size_t file = 0;  // Position among the table's files.
  int64_t row = 0;  // In the file, deleted ones counted.
};

// Thread-safe. Keeps the dictionaries of columns that it has read, within a bound.
class RowFetcher {
 public:
  RowFetcher(std::shared_ptr<TableFiles> files, int64_t dictionaries_bytes)
      : files_(std::move(files)), dictionaries_(dictionaries_bytes) {}

  // The rows of a query whose predicates all name values, by the page indexes of the files; in the
  // order of the files, offset and limit applied. Nullopt if only a scan can find them: there is an
  // order or another predicate, deletion vectors, many files, or too little is known of the pages.
  // kCorruptTable naming the file for damage.
  Result<std::optional<std::vector<RowPlace>>> Find(const TableSource& table,
                                                    const BoundQuery& query, size_t rows_max,
                                                    const CancelToken& token);

  // The columns (positions in the table's schema) of those rows, in that order. Null if only a scan
  // can read them: a file holds a column in another form than the table's own, or the rows lie in
  // many files. kCorruptTable naming the file for damage.
  Result<std::shared_ptr<arrow::RecordBatch>> Fetch(const TableSource& table,
                                                    const std::vector<int>& columns,
                                                    const std::vector<RowPlace>& places,
                                                    const CancelToken& token);

 private:
  struct WantedValues;

  // The files whose statistics admit all of `wanted`, in order.
  static Result<std::vector<size_t>> FilesThatMayHold(const TableSource& table,
                                                      const std::vector<WantedValues>& wanted);
  // The rows of one file that all of `wanted` admit, ascending.
  Result<std::optional<std::vector<int64_t>>> FindInFile(const TableSource& table,
                                                         const std::vector<WantedValues>& wanted,
                                                         size_t file);
  // Adds the rows' values of each column to its pieces; false if a scan must read them.
  Result<bool> ReadFile(const TableSource& table, const std::vector<int>& columns, size_t file,
                        const std::vector<int64_t>& rows, const CancelToken& token,
                        std::vector<arrow::ArrayVector>& pieces);

  const std::shared_ptr<TableFiles> files_;
  columnar::DictionaryCache dictionaries_;
};

}  // namespace deltaport::engine
