#include "ports/wire/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaport::ports::wire {
namespace {

Route RouteOf(Method method, const std::string& pattern) {
  Route route;
  route.method = method;
  route.pattern = pattern;
  return route;
}

TEST(Router, LiteralGoesBeforeParameterAndParametersComeInOrder) {
  const Router router = Router::Make({RouteOf(Method::kPost, "/datasets/reload-all"),
                                      RouteOf(Method::kPost, "/datasets/{name}/query"),
                                      RouteOf(Method::kGet, "/datasets/{name}"),
                                      RouteOf(Method::kGet, "/datasets/{name}/files/{file}"),
                                      RouteOf(Method::kGet, "/")})
                            .ValueOrDie();
  std::vector<std::string_view> parameters;
  const auto find = [&](Method method, std::string_view path) -> std::string {
    const Route* route = router.Find(method, path, parameters);
    return route == nullptr ? "" : route->pattern;
  };
  EXPECT_EQ(find(Method::kPost, "/datasets/reload-all"), "/datasets/reload-all");
  EXPECT_EQ(find(Method::kPost, "/datasets/reload-all/query"), "/datasets/{name}/query");
  EXPECT_THAT(parameters, testing::ElementsAre("reload-all"));
  EXPECT_EQ(find(Method::kGet, "/datasets/a%20b/files/c"), "/datasets/{name}/files/{file}");
  EXPECT_THAT(parameters, testing::ElementsAre("a%20b", "c"));
  EXPECT_EQ(find(Method::kGet, "/datasets/reload-all"), "/datasets/{name}");
  EXPECT_EQ(find(Method::kGet, "/"), "/");
  for (const char* path : {"", "datasets/a", "/datasets", "/datasets/", "/datasets/a/", "//"}) {
    EXPECT_EQ(find(Method::kGet, path), "") << path;
  }
}

TEST(Router, DuplicateOrRelativePatternIsRefused) {
  EXPECT_FALSE(Router::Make({RouteOf(Method::kGet, "/a"), RouteOf(Method::kGet, "/a")}).ok());
  EXPECT_FALSE(Router::Make({RouteOf(Method::kGet, "/{a}"), RouteOf(Method::kGet, "/{b}")}).ok());
  EXPECT_FALSE(Router::Make({RouteOf(Method::kGet, "a")}).ok());
  EXPECT_TRUE(Router::Make({RouteOf(Method::kGet, "/a"), RouteOf(Method::kPost, "/a")}).ok());
}

}  // namespace
}  // namespace deltaport::ports::wire
