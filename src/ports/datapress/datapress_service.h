// What the routes of the DataPress interface do.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "lake/lake.h"
#include "ports/datapress/reload_queue.h"
#include "ports/wire/http_message.h"

namespace deltaport::ports::datapress {

struct DatapressSettings {
  std::string prefix = {};          // In front of every route: "" or "/data".
  int64_t page_size_max = 100'000;  // Larger pages are cut to it.
  bool sql_enabled = false;         // Otherwise /sql is 404.
  int64_t sql_rows_max = 100'000;   // Most rows of one answer of /sql, and its default.
  std::string admin_token = {};     // Of X-Admin-Token; empty: no admin request is allowed.
};

// One method for each route; all are safe for concurrent use and block while the engine computes.
// The first path parameter is the dataset's name where there is one.
class DatapressService {
 public:
  DatapressService(std::shared_ptr<lake::Lake> lake, DatapressSettings settings);

  wire::Response ListDatasets(const wire::Request& request);      // {"datasets":[…]}
  wire::Response ListDatasetsBare(const wire::Request& request);  // […]
  wire::Response GetStatus(const wire::Request& request);
  wire::Response GetSchema(const wire::Request& request);
  wire::Response Query(const wire::Request& request);
  wire::Response StreamQuery(const wire::Request& request);
  wire::Response Count(const wire::Request& request);
  wire::Response Reload(const wire::Request& request);
  wire::Response ReloadAll(const wire::Request& request);
  wire::Response Sql(const wire::Request& request);

 private:
  std::string StatusList(const wire::Request& request);
  Result<wire::Response> TryStatus(const wire::Request& request);
  Result<wire::Response> TrySchema(const wire::Request& request);
  Result<wire::Response> TryReload(const wire::Request& request);
  Result<wire::Response> TryReloadAll(const wire::Request& request);

  // Rows of the dataset, if they can be told; counts them where the table does not say.
  Result<int64_t> RowCount(const lake::Dataset& dataset, const CancelToken& token);
  Result<std::string> FirstRow(const lake::Dataset& dataset, const CancelToken& token);
  Status CheckAdmin(const wire::Request& request) const;

  std::shared_ptr<lake::Lake> lake_;
  DatapressSettings settings_;
  ReloadQueue reloads_;
};

}  // namespace deltaport::ports::datapress
