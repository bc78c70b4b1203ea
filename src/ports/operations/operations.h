// Routes for those who run the server: health, readiness, version, metrics; and the request log.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "lake/lake.h"
#include "ports/wire/route_description.h"
#include "ports/wire/server.h"

namespace deltaport::ports::operations {

struct OperationsOptions {
  std::string prefix;                     // In front of every path; "" or "/x".
  bool metrics = true;                    // Whether the metrics route exists.
  std::string metrics_path = "/metrics";  // After the prefix.
};

// GET /health, /healthz, /readyz, /version and the metrics. `lake` must outlive the routes. They
// answer on the I/O thread, so they work while all workers are busy.
std::vector<wire::DescribedRoute> OperationsRoutes(const lake::Lake& lake,
                                                   std::shared_ptr<MetricsRegistry> metrics,
                                                   std::shared_ptr<wire::ServerLoad> load,
                                                   const OperationsOptions& options = {});

// Counts each finished request in `metrics` and writes one log line for it (level info).
wire::RequestObserver MakeRequestObserver(std::shared_ptr<MetricsRegistry> metrics);

// The target with the values of query parameters that may be secrets (token, password, …) as "***".
std::string LoggedTarget(std::string_view target);

}  // namespace deltaport::ports::operations
