#include "ports/operations/operations.h"

#include <utility>

#include "columnar/json_rows.h"

namespace deltaport::ports::operations {
namespace {

using wire::Method;
using wire::Request;
using wire::Response;
using wire::Route;

Response Json(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

Response NotReady(std::string_view reason) {
  std::string body = R"({"reason":)";
  columnar::AppendJsonString(reason, body);
  body += R"(,"status":"not ready"})";
  return Json(std::move(body), 503);
}

// Ready once every dataset can be read; one whose refresh failed still serves what it had.
Response Readiness(const lake::Lake& lake) {
  const auto catalogue = lake.Current();
  std::string failed;
  bool loading = false;
  for (const auto& [name, dataset] : catalogue->datasets()) {
    if (dataset->generation != nullptr) continue;
    if (dataset->state == lake::DatasetState::kFailed) {
      failed += failed.empty() ? "" : ", ";
      columnar::AppendJsonString(name, failed);
    } else {
      loading = true;
    }
  }
  if (loading) return NotReady("datasets are loading");
  if (!failed.empty()) return NotReady(fmt::format("failed datasets: [{}]", failed));
  return Json(fmt::format(R"({{"status":"ready","datasets":{}}})", catalogue->datasets().size()));
}

std::string VersionJson() {
#ifdef NDEBUG
  constexpr std::string_view kProfile = "release";
#else
  constexpr std::string_view kProfile = "debug";
#endif
  return fmt::format(R"({{"name":"deltaport","version":"{}","backend":"DuckDB","profile":"{}"}})",
                     DELTAPORT_VERSION, kProfile);
}

// What is true at this moment only, and so is not kept in the registry.
std::string CurrentState(const lake::Lake& lake, const wire::ServerLoad& load) {
  MetricsRegistry now;
  const auto set = [&now](std::string_view name, std::string_view help, int64_t value) {
    now.GetGauge(name, help).Set(static_cast<double>(value));
  };
  set("deltaport_http_connections", "Open client connections.", load.connections);
  set("deltaport_http_requests_in_flight", "Requests that have no complete response yet.",
      load.requests_in_flight);
  set("deltaport_http_queued_requests", "Requests that wait for a worker.", load.queued_requests);
  set("deltaport_http_streams", "Streamed responses that are being produced.", load.streams);
  now.GetGauge("deltaport_build_info", "Always 1; the labels tell the build.",
               {{"version", DELTAPORT_VERSION}})
      .Set(1);
  const auto catalogue = lake.Current();
  for (const auto& [name, dataset] : catalogue->datasets()) {
    if (dataset->generation == nullptr || !dataset->generation->row_count) continue;
    now.GetGauge("datapress_dataset_rows", "Rows of the dataset, where they are known.",
                 {{"dataset", name}})
        .Set(static_cast<double>(*dataset->generation->row_count));
  }
  return now.Exposition();
}

Route OnIoThread(std::string pattern, wire::Handler handler) {
  Route route;
  route.method = Method::kGet;
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  route.on_io_thread = true;
  return route;
}

}  // namespace

std::vector<Route> OperationsRoutes(const lake::Lake& lake,
                                    std::shared_ptr<MetricsRegistry> metrics,
                                    std::shared_ptr<wire::ServerLoad> load,
                                    const OperationsOptions& options) {
  const auto alive = [](const Request&) { return Json(R"({"status":"ok"})"); };
  std::vector<Route> routes;
  routes.push_back(OnIoThread(options.prefix + "/health", alive));
  routes.push_back(OnIoThread(options.prefix + "/healthz", alive));
  routes.push_back(
      OnIoThread(options.prefix + "/readyz", [&lake](const Request&) { return Readiness(lake); }));
  routes.push_back(
      OnIoThread(options.prefix + "/version", [](const Request&) { return Json(VersionJson()); }));
  if (options.metrics) {
    routes.push_back(
        OnIoThread(options.prefix + options.metrics_path,
                   [&lake, metrics = std::move(metrics), load = std::move(load)](const Request&) {
                     Response response;
                     response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                     response.body = metrics->Exposition() + CurrentState(lake, *load);
                     return response;
                   }));
  }
  return routes;
}

}  // namespace deltaport::ports::operations
