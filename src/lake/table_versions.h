// Finds tables by name for SQL text, at the latest or an older version.
//
// Thread-safe. Old versions are kept in a small cache shared by all queries of a lake.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/recent_cache.h"
#include "engine/table_source.h"
#include "lake/dataset.h"
#include "lake/lake.h"

namespace deltaport::lake {

// The least recently used entry leaves when there are more than `capacity`.
class TableVersionCache {
 public:
  explicit TableVersionCache(int64_t capacity = 16) : kept_(capacity) {}

  // The dataset's table as of `at`. kInvalidArgument for Parquet datasets, else the errors of
  // delta::Snapshot::Open.
  Result<std::shared_ptr<const engine::TableSource>> Open(const Dataset& dataset,
                                                          const delta::TimeTravel& at);

 private:
  RecentCache<const engine::TableSource> kept_;
};

// The datasets of one catalogue; every query has its own, so that it sees one moment.
class CatalogueTables final : public engine::TableResolver {
 public:
  CatalogueTables(std::shared_ptr<const Catalogue> catalogue,
                  std::shared_ptr<TableVersionCache> versions)
      : catalogue_(std::move(catalogue)), versions_(std::move(versions)) {}

  // kUnavailable while the dataset is being opened; the reason why opening failed, if it failed.
  Result<std::shared_ptr<const engine::TableSource>> Resolve(
      std::string_view name, const delta::TimeTravel& at) const override;

  std::vector<std::string> Names() const override;

 private:
  const std::shared_ptr<const Catalogue> catalogue_;
  const std::shared_ptr<TableVersionCache> versions_;
};

// The error for a dataset without a generation.
Status NotReady(const Dataset& dataset);

}  // namespace deltaport::lake
