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

constexpr std::string_view kStateSchema =
    R"({"type":"object","required":["status"],"properties":{"status":{"type":"string"},)"
    R"("datasets":{"type":"integer"},"reason":{"type":"string"}}})";
constexpr std::string_view kVersionSchema =
    R"({"type":"object","required":["name","version","backend","profile"],"properties":{)"
    R"("name":{"type":"string"},"version":{"type":"string"},"backend":{"type":"string"},)"
    R"("profile":{"type":"string"}}})";

wire::RouteDescription Describe(std::string operation_id, std::string summary,
                                std::vector<wire::ResponseDescription> responses) {
  wire::RouteDescription description;
  description.operation_id = std::move(operation_id);
  description.summary = std::move(summary);
  description.tag = "operations";
  description.responses = std::move(responses);
  return description;
}

wire::ResponseDescription JsonResponse(int status, std::string text, std::string_view schema) {
  return {status, std::move(text), "application/json", std::string(schema)};
}

wire::DescribedRoute OnIoThread(std::string pattern, wire::Handler handler,
                                wire::RouteDescription description) {
  Route route;
  route.method = Method::kGet;
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  route.on_io_thread = true;
  return {std::move(route), std::move(description)};
}

wire::DescribedRoute MetricsRoute(const lake::Lake& lake, std::shared_ptr<MetricsRegistry> metrics,
                                  std::shared_ptr<wire::ServerLoad> load, std::string pattern) {
  auto answer = [&lake, metrics = std::move(metrics), load = std::move(load)](const Request&) {
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics->Exposition() + CurrentState(lake, *load);
    return response;
  };
  return OnIoThread(
      std::move(pattern), std::move(answer),
      Describe("metrics", "Metrics for Prometheus",
               {{200, "Text exposition format 0.0.4", "text/plain", R"({"type":"string"})"}}));
}

}  // namespace

std::vector<wire::DescribedRoute> OperationsRoutes(const lake::Lake& lake,
                                                   std::shared_ptr<MetricsRegistry> metrics,
                                                   std::shared_ptr<wire::ServerLoad> load,
                                                   const OperationsOptions& options) {
  const auto alive = [](const Request&) { return Json(R"({"status":"ok"})"); };
  const auto alive_response = JsonResponse(200, "The process answers", kStateSchema);
  std::vector<wire::DescribedRoute> routes;
  routes.push_back(OnIoThread(options.prefix + "/health", alive,
                              Describe("health", "Whether the server runs", {alive_response})));
  routes.push_back(OnIoThread(options.prefix + "/healthz", alive,
                              Describe("healthz", "Whether the server runs", {alive_response})));
  routes.push_back(OnIoThread(
      options.prefix + "/readyz", [&lake](const Request&) { return Readiness(lake); },
      Describe("readyz", "Whether every dataset can be read",
               {JsonResponse(200, "Ready", kStateSchema),
                JsonResponse(503, "Datasets are loading or failed", kStateSchema)})));
  routes.push_back(OnIoThread(
      options.prefix + "/version", [](const Request&) { return Json(VersionJson()); },
      Describe("version", "Name and version of the server",
               {JsonResponse(200, "The version", kVersionSchema)})));
  if (options.metrics) {
    routes.push_back(MetricsRoute(lake, std::move(metrics), std::move(load),
                                  options.prefix + options.metrics_path));
  }
  return routes;
}

}  // namespace deltaport::ports::operations
