// Describes the HTTP interface as an OpenAPI 3.1 document, made from the table of routes itself.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ports/wire/http_message.h"

namespace deltaport::ports::operations {

// A query or header parameter; those of the path come from the route's pattern.
struct ParameterDescription {
  std::string name;
  std::string location;  // "query" or "header"
  std::string description;
  std::string schema = R"({"type":"string"})";  // JSON Schema.
  bool required = false;
};

// One status with one body form. Several of the same status are alternatives.
struct ResponseDescription {
  int status = 200;
  std::string description;
  std::string media_type = "application/json";
  std::string schema;  // JSON Schema; empty: bytes.
};

struct RouteDescription {
  std::string operation_id;  // Unique in the document.
  std::string summary;
  std::string tag;
  std::vector<ParameterDescription> parameters;
  std::string request_schema;  // JSON Schema; empty: no body.
  bool request_required = true;
  std::vector<ResponseDescription> responses;
};

// A route with its description; one without (another spelling of a described route) is left out of
// the document.
struct DescribedRoute {
  wire::Route route;
  std::optional<RouteDescription> description;
};

// Name → JSON Schema, for {"$ref":"#/components/schemas/NAME"}.
using SchemaComponents = std::vector<std::pair<std::string, std::string>>;

std::string OpenApiDocument(const std::vector<DescribedRoute>& routes,
                            const SchemaComponents& components, std::string_view version);

// Appends GET `path` that answers with the document of all `routes`, itself included.
void AddOpenApiRoute(std::string path, const SchemaComponents& components, std::string_view version,
                     std::vector<DescribedRoute>& routes);

// What the listener needs of them.
std::vector<wire::Route> WithoutDescriptions(std::vector<DescribedRoute> routes);

}  // namespace deltaport::ports::operations
