// What a route says about itself, for the document that describes the HTTP interface.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/wire/http_message.h"

namespace deltaport::ports::wire {

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
  Route route;
  std::optional<RouteDescription> description;
};

// Name → JSON Schema, for {"$ref":"#/components/schemas/NAME"}.
using SchemaComponents = std::vector<std::pair<std::string, std::string>>;

}  // namespace deltaport::ports::wire
