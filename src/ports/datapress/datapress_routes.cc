#include "ports/datapress/datapress_routes.h"

#include <string>
#include <utility>

#include "ports/datapress/route_descriptions.h"

namespace deltaport::ports::datapress {
namespace {

using wire::Method;
using Action = wire::Response (DatapressService::*)(const wire::Request&);

struct Entry {
  Method method;
  std::string_view path;  // Below /api/v1.
  Action action;
  wire::RouteDescription (*describe)();
  Action action_without_version = nullptr;  // Null: the same.
};

constexpr Entry kEntries[] = {
    {Method::kGet, "/datasets", &DatapressService::ListDatasets, DescribeListDatasets,
     &DatapressService::ListDatasetsBare},
    {Method::kGet, "/datasets/{name}/schema", &DatapressService::GetSchema, DescribeGetSchema},
    {Method::kGet, "/datasets/{name}/status", &DatapressService::GetStatus, DescribeGetStatus},
    {Method::kPost, "/datasets/{name}/query", &DatapressService::Query, DescribeQuery},
    {Method::kPost, "/datasets/{name}/query/stream", &DatapressService::StreamQuery,
     DescribeStreamQuery},
    {Method::kPost, "/datasets/{name}/count", &DatapressService::Count, DescribeCount},
    {Method::kPost, "/datasets/{name}/reload", &DatapressService::Reload, DescribeReload},
    {Method::kPost, "/datasets/reload-all", &DatapressService::ReloadAll, DescribeReloadAll},
    {Method::kPost, "/sql", &DatapressService::Sql, DescribeSql},
};

wire::Route MakeRoute(Method method, std::string pattern, Action action,
                      const std::shared_ptr<DatapressService>& service) {
  wire::Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.handler = [service, action](const wire::Request& request) {
    return (service.get()->*action)(request);
  };
  return route;
}

}  // namespace

std::vector<wire::DescribedRoute> DatapressRoutes(std::shared_ptr<lake::Lake> lake,
                                                  const DatapressSettings& settings) {
  const auto service = std::make_shared<DatapressService>(std::move(lake), settings);
  std::vector<wire::DescribedRoute> routes;
  for (const Entry& entry : kEntries) {
    const std::string path(entry.path);
    routes.push_back(
        {MakeRoute(entry.method, settings.prefix + "/api/v1" + path, entry.action, service),
         entry.describe()});
    const Action alias = entry.action_without_version ? entry.action_without_version : entry.action;
    routes.push_back(
        {MakeRoute(entry.method, settings.prefix + "/api" + path, alias, service), std::nullopt});
  }
  return routes;
}

}  // namespace deltaport::ports::datapress
