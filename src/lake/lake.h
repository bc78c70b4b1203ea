// The lake: datasets by name over one query engine. Every port answers from here.
//
// Thread-safe. Readers take an immutable catalogue and keep it for the whole request, so a refresh
// never changes what a running request sees and never blocks it.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>

#include "base/cancel_token.h"
#include "base/error.h"
#include "engine/query_engine.h"
#include "lake/dataset.h"

namespace deltaport::lake {

struct LakeOptions {
  std::vector<DatasetSettings> datasets;
  engine::EngineOptions engine;
  std::chrono::milliseconds follow_interval{1000};  // How often logs are checked; 0: never.
  int build_concurrency = 4;                        // Datasets opened at once at start.
};

// Datasets by name at one moment.
class Catalogue {
 public:
  explicit Catalogue(std::map<std::string, std::shared_ptr<const Dataset>, std::less<>> datasets);

  // By name, exactly; null if there is none.
  std::shared_ptr<const Dataset> Find(std::string_view name) const;

  const std::map<std::string, std::shared_ptr<const Dataset>, std::less<>>& datasets() const {
    return datasets_;
  }

 private:
  std::map<std::string, std::shared_ptr<const Dataset>, std::less<>> datasets_;
};

class Lake {
 public:
  // Starts opening the datasets in the background and returns at once; a dataset that fails to open
  // is kFailed in the catalogue and tried again. kInvalidArgument for settings that cannot work.
  static Result<std::unique_ptr<Lake>> Open(LakeOptions options);

  // Finds tables below `directories`: each Delta table and each directory of Parquet files becomes
  // a dataset named after its folder. A directory that is itself a table is one dataset.
  static Result<std::vector<DatasetSettings>> Discover(const std::vector<std::string>& directories);

  virtual ~Lake() = default;

  virtual std::shared_ptr<const Catalogue> Current() const = 0;

  // Blocks until no dataset is pending or building, or the token is cancelled.
  virtual Status WaitUntilBuilt(const CancelToken& token) const = 0;

  // The published dataset: kNotFound "not found: dataset: NAME", kUnavailable if it has no
  // generation yet ("dataset 'NAME' is not ready (state: building)").
  virtual Result<std::shared_ptr<const Dataset>> Published(std::string_view name) const = 0;

  // Opens the dataset anew; the old generation serves until the new one is published. A failure
  // keeps the old generation.
  virtual Result<std::shared_ptr<const Dataset>> Reload(std::string_view name,
                                                        RefreshSource source) = 0;

  // See engine::QueryEngine for threads, errors and cancellation.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Query(
      const Dataset& dataset, const engine::StructuredQuery& query, const CancelToken& token) = 0;
  virtual Result<int64_t> Count(const Dataset& dataset,
                                const std::vector<engine::Predicate>& predicates,
                                const CancelToken& token) = 0;
  // SQL over all datasets by name.
  virtual Result<std::shared_ptr<arrow::RecordBatchReader>> Sql(std::string_view text,
                                                                const CancelToken& token) = 0;
};

}  // namespace deltaport::lake
