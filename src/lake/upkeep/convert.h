// Makes a folder of Parquet files a Delta table, in place: one commit that names the files, which
// stay as they are.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace deltaport::lake {

// A column whose values are in the folders' names: year=2013/month=01.
struct ConvertPartition {
  std::string name;
  std::optional<std::string> type = {};  // Delta's: "integer", "date", …; nullopt: inferred.
};

struct ConvertOptions {
  // In the order of the folders. Empty: what the folders' names say.
  std::vector<ConvertPartition> partitions;
  std::map<std::string, std::string> configuration;  // Table properties.
  std::function<void(int64_t rows)> on_rows;         // Told of the rows of each file; may be empty.
};

struct ConvertOutcome {
  delta::TableVersion version = 0;
  int64_t files = 0;
  int64_t rows = 0;
  int64_t size_bytes = 0;
  std::vector<std::string> partition_columns;
};

// Takes the *.parquet files below `table` (hidden ones and those in hidden folders left out) with
// statistics out of their footers. Columns are united by name; one that some file lacks is null
// there. Inferred types of partition columns are long, date and string.
// kAlreadyExists if there is a Delta log, kNotFound without any file, kInvalidArgument naming the
// file for a column whose type differs between files and for folders that do not carry the
// partition columns, kUnsupportedFeature for types that Delta readers could not read in place
// (unsigned integers, nanoseconds, …), kCorruptTable for what is no Parquet file.
Result<ConvertOutcome> Convert(const storage::Location& table, const ConvertOptions& options,
                               const CancelToken& token);

}  // namespace deltaport::lake
