// Everything that the HTTP server answers, gathered from the ports.

#pragma once

#include <memory>
#include <vector>

#include "lake/configuration.h"
#include "lake/lake.h"
#include "ports/wire/http_message.h"
#include "ports/wire/server.h"

namespace deltaport::cli {

struct ServedRoutes {
  std::vector<ports::wire::Route> routes;
  ports::wire::RequestObserver observer;  // Request log and metrics.
};

// `load` is what the server keeps up to date for the metrics.
ServedRoutes MakeServedRoutes(const std::shared_ptr<lake::Lake>& lake,
                              const lake::Configuration& configuration,
                              const std::shared_ptr<ports::wire::ServerLoad>& load);

}  // namespace deltaport::cli
