// Describes the HTTP interface as an OpenAPI 3.1 document, made from the table of routes itself.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ports/wire/http_message.h"
#include "ports/wire/route_description.h"

namespace deltaport::ports::operations {

std::string OpenApiDocument(const std::vector<wire::DescribedRoute>& routes,
                            const wire::SchemaComponents& components, std::string_view version);

// Appends GET `path` that answers with the document of all `routes`, itself included.
void AddOpenApiRoute(std::string path, const wire::SchemaComponents& components,
                     std::string_view version, std::vector<wire::DescribedRoute>& routes);

// What the listener needs of them.
std::vector<wire::Route> WithoutDescriptions(std::vector<wire::DescribedRoute> routes);

}  // namespace deltaport::ports::operations
