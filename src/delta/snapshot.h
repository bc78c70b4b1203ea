// One version of a Delta table: its protocol, metadata, schema and live files.
//
// Immutable and safe to share between threads; cheap to hold. Statistics and partition values are
// parsed on first use, once per column, and kept as Arrow arrays.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <arrow/array.h>
#include <arrow/type.h>

#include "base/error.h"
#include "delta/action.h"
#include "storage/object_store.h"

namespace deltaport::delta {

using TableVersion = int64_t;

// Which version a reader wants.
struct LatestVersion {};
struct AtVersion {
  TableVersion version;
};
struct AtTimestamp {
  int64_t timestamp_ms;  // The newest version committed at or before this instant.
};
using TimeTravel = std::variant<LatestVersion, AtVersion, AtTimestamp>;

// The live files of a snapshot, held as columns. Index i names the same file everywhere.
class LiveFiles;

// Bounds of one top-level column over all live files; one slot a file, null where unknown.
struct ColumnStatistics {
  std::shared_ptr<arrow::Array> min_values;  // Of the column's type.
  std::shared_ptr<arrow::Array> max_values;
  std::shared_ptr<arrow::Int64Array> null_counts;
};

class Snapshot : public std::enable_shared_from_this<Snapshot> {
 public:
  // Reads the log of the table at `location`.
  // kNotFound if there is no Delta log or no such version, kUnsupportedFeature (naming the feature)
  // if the table needs a reader feature that we lack, kCorruptTable (naming the file) for damage.
  static Result<std::shared_ptr<const Snapshot>> Open(const storage::Location& location,
                                                      const TimeTravel& at = LatestVersion{});

  // The latest version, reading only commits newer than this one. Returns the same object when
  // there are none: two look-ups, whatever the length of the log.
  Result<std::shared_ptr<const Snapshot>> Refresh() const;

  ~Snapshot();

  const storage::Location& location() const;
  TableVersion version() const;
  int64_t timestamp_ms() const;  // When the version was committed.
  const Protocol& protocol() const;
  const Metadata& metadata() const;

  // Logical columns in table order, partition columns included. Field metadata keeps the Delta
  // field metadata as text.
  const std::shared_ptr<arrow::Schema>& schema() const;
  const std::vector<std::string>& partition_columns() const;
  bool IsPartitionColumn(int column) const;

  // Name of the column inside the data files.
  const std::string& PhysicalName(int column) const;

  const LiveFiles& files() const;

  // Store path (decoded, absolute) of file i.
  std::string FilePath(size_t file) const;

  // Rows over all files, without those of deletion vectors; nullopt if some file does not say.
  std::optional<int64_t> RowCount() const;

  Result<std::shared_ptr<const ColumnStatistics>> Statistics(int column) const;

  // Values of a partition column, one slot a file, of the column's type.
  Result<std::shared_ptr<arrow::Array>> PartitionValues(int column) const;

  // Version of `appId` in the latest txn action.
  std::optional<int64_t> TransactionVersion(const std::string& application_id) const;

  // The latest txn action of each application, and the domains that are not removed, by name.
  // Removed files are in tombstones.h.
  const std::map<std::string, SetTransaction>& transactions() const;
  const std::map<std::string, DomainMetadata>& domains() const;

 private:
  friend class SnapshotBuilder;
  struct State;
  explicit Snapshot(std::unique_ptr<State> state);
  // True if the next version's commit file does not exist, so that a poll lists nothing. False
  // where this version's own commit file is gone.
  bool IsLatest() const;
  std::unique_ptr<State> state_;
};

}  // namespace deltaport::delta
