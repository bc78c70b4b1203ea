#include "ports/operations/openapi.h"

#include <cstdint>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "columnar/json_rows.h"

namespace deltaport::ports::operations {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  columnar::AppendJsonString(text, out);
  return out;
}

// `items` with commas between.
class JsonList {
 public:
  void Add(std::string_view item) {
    if (!text_.empty()) text_ += ',';
    text_ += item;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string LowerMethod(wire::Method method) {
  switch (method) {
    case wire::Method::kHead:
      return "head";
    case wire::Method::kPost:
      return "post";
    case wire::Method::kPut:
      return "put";
    case wire::Method::kDelete:
      return "delete";
    case wire::Method::kOptions:
      return "options";
    default:
      return "get";
  }
}

// The names between braces.
std::vector<std::string> PathParameters(std::string_view pattern) {
  std::vector<std::string> names;
  for (size_t open = pattern.find('{'); open != pattern.npos; open = pattern.find('{', open + 1)) {
    const size_t close = pattern.find('}', open);
    if (close == pattern.npos) break;
    names.emplace_back(pattern.substr(open + 1, close - open - 1));
  }
  return names;
}

std::string Parameters(const wire::DescribedRoute& described) {
  JsonList parameters;
  for (const std::string& name : PathParameters(described.route.pattern)) {
    parameters.Add(fmt::format(
        R"({{"name":{},"in":"path","required":true,"schema":{{"type":"string"}}}})", Quoted(name)));
  }
  for (const wire::ParameterDescription& parameter : described.description->parameters) {
    parameters.Add(
        fmt::format(R"({{"name":{},"in":{},"required":{},"description":{},"schema":{}}})",
                    Quoted(parameter.name), Quoted(parameter.location), parameter.required,
                    Quoted(parameter.description), parameter.schema));
  }
  return parameters.text();
}

std::string Responses(const std::vector<wire::ResponseDescription>& responses) {
  struct Alternatives {
    std::string description;
    JsonList content;
  };
  std::map<int, Alternatives> by_status;
  for (const wire::ResponseDescription& response : responses) {
    Alternatives& alternatives = by_status[response.status];
    if (!alternatives.description.empty()) alternatives.description += "; or ";
    alternatives.description += response.description;
    const std::string schema = response.schema.empty() ? "{}" : response.schema;
    alternatives.content.Add(
        fmt::format(R"({}:{{"schema":{}}})", Quoted(response.media_type), schema));
  }
  JsonList list;
  for (const auto& [status, alternatives] : by_status) {
    list.Add(fmt::format(R"("{}":{{"description":{},"content":{{{}}}}})", status,
                         Quoted(alternatives.description), alternatives.content.text()));
  }
  return list.text();
}

std::string Operation(const wire::DescribedRoute& described) {
  const wire::RouteDescription& description = *described.description;
  std::string operation =
      fmt::format(R"({{"operationId":{},"summary":{},"tags":[{}],"parameters":[{}])",
                  Quoted(description.operation_id), Quoted(description.summary),
                  Quoted(description.tag), Parameters(described));
  if (!description.request_schema.empty()) {
    operation += fmt::format(
        R"(,"requestBody":{{"required":{},"content":{{"application/json":{{"schema":{}}}}}}})",
        description.request_required, description.request_schema);
  }
  return operation + fmt::format(R"(,"responses":{{{}}}}})", Responses(description.responses));
}

}  // namespace

std::string OpenApiDocument(const std::vector<wire::DescribedRoute>& routes,
                            const wire::SchemaComponents& components, std::string_view version) {
  // Paths in the order of the table, each with all of its methods.
  std::vector<std::string> order;
  std::map<std::string, JsonList> paths;
  for (const wire::DescribedRoute& described : routes) {
    if (!described.description) continue;
    const std::string& pattern = described.route.pattern;
    if (!paths.contains(pattern)) order.push_back(pattern);
    paths[pattern].Add(
        fmt::format(R"("{}":{})", LowerMethod(described.route.method), Operation(described)));
  }
  JsonList path_list;
  for (const std::string& pattern : order) {
    path_list.Add(fmt::format("{}:{{{}}}", Quoted(pattern), paths[pattern].text()));
  }
  JsonList schemas;
  for (const auto& [name, schema] : components) {
    schemas.Add(fmt::format("{}:{}", Quoted(name), schema));
  }
  return fmt::format(R"({{"openapi":"3.1.0","info":{{"title":"Deltaport HTTP API","version":{}}},)"
                     R"("paths":{{{}}},"components":{{"schemas":{{{}}}}}}})",
                     Quoted(version), path_list.text(), schemas.text());
}

void AddOpenApiRoute(std::string path, const wire::SchemaComponents& components,
                     std::string_view version, std::vector<wire::DescribedRoute>& routes) {
  wire::RouteDescription description{
      .operation_id = "getOpenApiDocument",
      .summary = "This document",
      .tag = "operations",
      .parameters = {},
      .request_schema = {},
      .responses = {{200, "OpenAPI 3.1", "application/json", R"({"type":"object"})"}},
  };
  const auto document = std::make_shared<std::string>();
  wire::Route route;
  route.pattern = std::move(path);
  route.handler = [document](const wire::Request&) {
    wire::Response response;
    response.content_type = "application/json";
    response.body = *document;
    return response;
  };
  routes.push_back({std::move(route), std::move(description)});
  *document = OpenApiDocument(routes, components, version);
}

std::vector<wire::Route> WithoutDescriptions(std::vector<wire::DescribedRoute> routes) {
  std::vector<wire::Route> plain;
  plain.reserve(routes.size());
  for (wire::DescribedRoute& described : routes) plain.push_back(std::move(described.route));
  return plain;
}

}  // namespace deltaport::ports::operations
