#include "ports/operations/openapi.h"

#include <gtest/gtest.h>

#include "columnar/json_document.h"
#include "ports/datapress/datapress_routes.h"

namespace deltaport::ports::operations {
namespace {

TEST(OpenApi, DocumentDescribesEachVersionedRouteOnce) {
  // No handler but the document's is called, so there is no lake.
  auto routes = datapress::DatapressRoutes(nullptr, {.prefix = "/data"});
  AddOpenApiRoute("/data/docs/openapi.json", datapress::DatapressSchemas(), "1.2.3", routes);
  const auto response = routes.back().route.handler({});
  const auto document = columnar::JsonDocument::Parse(response.body);
  ASSERT_TRUE(document.ok()) << document.status();
  const auto paths = document->root()["paths"];
  size_t described = 0;
  for (const auto& [route, description] : routes) {
    EXPECT_EQ(description.has_value(), !paths[route.pattern].missing()) << route.pattern;
    described += description.has_value() ? 1 : 0;
  }
  EXPECT_EQ(paths.size(), described);
  const auto query = paths["/data/api/v1/datasets/{name}/query"]["post"];
  EXPECT_EQ(query["operationId"].string(), "queryDataset");
  EXPECT_EQ(query["responses"]["200"]["content"].size(), 2u);
  EXPECT_EQ(document->root()["openapi"].string(), "3.1.0");
}

TEST(OpenApi, MethodsOfOnePathShareItsEntry) {
  std::vector<wire::DescribedRoute> routes(2);
  routes[0].route.pattern = routes[1].route.pattern = "/x/{id}";
  routes[1].route.method = wire::Method::kDelete;
  routes[0].description.emplace();
  routes[1].description.emplace();
  const auto document = columnar::JsonDocument::Parse(OpenApiDocument(routes, {}, "1"));
  ASSERT_TRUE(document.ok()) << document.status();
  const auto path = document->root()["paths"]["/x/{id}"];
  EXPECT_EQ(path.size(), 2u);
  EXPECT_FALSE(path["delete"]["parameters"].missing());
}

}  // namespace
}  // namespace deltaport::ports::operations
