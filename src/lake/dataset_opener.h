// Turns the settings of a dataset into a generation, and keeps a generation up to date.
//
// Stateless but for the listing that tells whether Parquet files changed. For one thread at a time.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/snapshot.h"
#include "engine/table_source.h"
#include "lake/dataset.h"

namespace deltaport::lake {

class DatasetOpener {
 public:
  explicit DatasetOpener(DatasetSettings settings) : settings_(std::move(settings)) {}

  // Reads the table from its location. Errors are those of delta::Snapshot::Open and
  // engine::OpenParquetFiles; kInvalidArgument if the settings name a column that is not there.
  Result<std::shared_ptr<const DatasetGeneration>> Open();

  // The same generation if nothing changed, else a new one. For Delta only the commits after the
  // generation are read; for Parquet the files are listed, and their footers read on a change.
  Result<std::shared_ptr<const DatasetGeneration>> Follow(
      const std::shared_ptr<const DatasetGeneration>& generation);

 private:
  Result<std::shared_ptr<const DatasetGeneration>> Publish(
      std::shared_ptr<const delta::Snapshot> snapshot) const;
  Result<std::shared_ptr<const DatasetGeneration>> Publish(engine::ParquetFiles files) const;

  const DatasetSettings settings_;
  std::vector<storage::ObjectInfo> listing_;
};

// The table as the dataset's settings show it: without the columns that they hide.
// kInvalidArgument if `settings` names a column that `table` does not have, or hides them all.
Result<std::shared_ptr<const engine::TableSource>> ShowColumns(engine::TableSource table,
                                                               const DatasetSettings& settings);

// The table at a path, whatever it is: a Delta table if there is a log, else Parquet files.
// kInvalidArgument if another version than the latest is asked of Parquet files.
Result<std::shared_ptr<const engine::TableSource>> OpenTable(std::string_view location,
                                                             const delta::TimeTravel& at);

// True if `location` holds a Delta log.
Result<bool> HasDeltaLog(const storage::Location& location);

}  // namespace deltaport::lake
