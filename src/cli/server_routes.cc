#include "cli/server_routes.h"

#include <iterator>
#include <utility>

#include "base/metrics.h"
#include "ports/datapress/datapress_routes.h"
#include "ports/operations/openapi.h"
#include "ports/operations/operations.h"

namespace deltaport::cli {

ServedRoutes MakeServedRoutes(const std::shared_ptr<lake::Lake>& lake,
                              const lake::Configuration& configuration,
                              const std::shared_ptr<ports::wire::ServerLoad>& load) {
  const std::string& prefix = configuration.Text("server.prefix");
  ports::datapress::DatapressSettings settings;
  settings.prefix = prefix;
  settings.page_size_max = configuration.Integer("server.max_page_size");
  settings.sql_enabled = configuration.Bool("sql.enabled");
  settings.sql_rows_max = configuration.Integer("sql.max_rows");
  settings.admin_token = configuration.Text("auth.admin_token");
  auto described = ports::datapress::DatapressRoutes(lake, settings);
  const auto metrics = std::make_shared<MetricsRegistry>();
  ports::operations::OperationsOptions options;
  options.prefix = prefix;
  options.metrics = configuration.Bool("metrics.enabled");
  options.metrics_path = configuration.Text("metrics.path");
  auto operations = ports::operations::OperationsRoutes(*lake, metrics, load, options);
  std::ranges::move(operations, std::back_inserter(described));
  ports::operations::AddOpenApiRoute(prefix + "/docs/openapi.json",
                                     ports::datapress::DatapressSchemas(), DELTAPORT_VERSION,
                                     described);
  ServedRoutes served;
  served.routes = ports::operations::WithoutDescriptions(std::move(described));
  served.observer = ports::operations::MakeRequestObserver(metrics);
  return served;
}

}  // namespace deltaport::cli
