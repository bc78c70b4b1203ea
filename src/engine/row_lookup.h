// Look-ups: queries that are likely to want few rows of several columns. Their rows are found by a
// scan of the columns that decide; all columns of the result come by single pages of the files.
//
// Why: a scan unpacks every page of a row group before the wanted row, in each of its columns.

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "columnar/parquet_rows.h"
#include "engine/structured_query.h"
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

// Thread-safe. Keeps the footers of files that it has read, within a bound.
class RowFetcher {
 public:
  explicit RowFetcher(int64_t footers_bytes = int64_t{64} << 20) : footers_bytes_(footers_bytes) {}

  // The columns (positions in the table's schema) of those rows, in that order. Null if only a scan
  // can read them: a file holds a column in another form than the table's own, or the rows lie in
  // many files. kCorruptTable naming the file for damage.
  Result<std::shared_ptr<arrow::RecordBatch>> Fetch(const TableSource& table,
                                                    const std::vector<int>& columns,
                                                    const std::vector<RowPlace>& places,
                                                    const CancelToken& token);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const columnar::ParquetFooter> footer;
  };
  struct OpenFile;

  Result<OpenFile> Open(const TableSource& table, size_t file);
  // Adds the rows' values of each column to its pieces; false if a scan must read them.
  Result<bool> ReadFile(const TableSource& table, const std::vector<int>& columns, size_t file,
                        const std::vector<int64_t>& rows, const CancelToken& token,
                        std::vector<arrow::ArrayVector>& pieces);
  std::shared_ptr<const columnar::ParquetFooter> Find(const std::string& key);
  void Keep(const std::string& key, std::shared_ptr<const columnar::ParquetFooter> footer);

  const int64_t footers_bytes_;
  std::mutex lock_;
  std::list<Entry> footers_;  // Most recently used first.
  int64_t kept_bytes_ = 0;
};

}  // namespace deltaport::engine
