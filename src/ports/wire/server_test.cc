#include "ports/wire/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ports/wire/server_test_support.h"

namespace deltaport::ports::wire {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

Response Json(std::string body) {
  Response response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

std::vector<Route> EchoRoutes() {
  const Handler echo = [](const Request& request) {
    std::string body = request.path_parameters.empty() ? "" : request.path_parameters[0] + ":";
    return Json(body + request.body);
  };
  std::vector<Route> routes;
  routes.push_back({.method = Method::kGet,
                    .pattern = "/fast",
                    .handler = [](const Request&) { return Json("fast"); },
                    .on_io_thread = true});
  routes.push_back({.method = Method::kGet, .pattern = "/echo/{name}", .handler = echo});
  routes.push_back({.method = Method::kPost, .pattern = "/echo/{name}", .handler = echo});
  routes.push_back({.method = Method::kHead, .pattern = "/head", .handler = echo});
  return routes;
}

TEST(ServerConcurrency, KeepAliveServesManyRequestsOnOneConnection) {
  RunningServer server({}, EchoRoutes());
  RawClient client(server.port());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(client.Send(i % 2 == 0 ? GetRequest("/fast") : PostRequest("/echo/a", "body")));
    const RawResponse response = client.Receive();
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(response.body, i % 2 == 0 ? "fast" : "a:body");
    EXPECT_EQ(response.Header("Content-Type"), "application/json");
    EXPECT_EQ(response.Header("Content-Length"), std::to_string(response.body.size()));
  }
}

TEST(ServerConcurrency, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer server({}, EchoRoutes());
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += i % 3 == 0 ? GetRequest("/fast")
                           : PostRequest(fmt::format("/echo/{}", i), std::string(i, 'x'));
  }
  ASSERT_TRUE(client.Send(requests));
  for (int i = 0; i < 50; ++i) {
    const std::string expected = i % 3 == 0 ? "fast" : fmt::format("{}:{}", i, std::string(i, 'x'));
    ASSERT_EQ(client.Receive().body, expected) << i;
  }
}

TEST(Server, UnmatchedPathOrMethodIsAnEmpty404) {
  RunningServer server({}, EchoRoutes());
  RawClient client(server.port());
  for (const std::string& request : {GetRequest("/none"), PostRequest("/fast", "x"),
                                     GetRequest("/fast/"), GetRequest("/echo/")}) {
    ASSERT_TRUE(client.Send(request));
    const RawResponse response = client.Receive();
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.Header("Content-Type"), "");
  }
}

TEST(Server, PathParametersAreDecodedAndBadEscapesRejected) {
  RunningServer server({}, EchoRoutes());
  RawClient client(server.port());
  ASSERT_TRUE(client.Send(GetRequest("/echo/a%20b%2Fc")));
  EXPECT_EQ(client.Receive().body, "a b/c:");
  ASSERT_TRUE(client.Send(GetRequest("/echo/a%2")));
  EXPECT_EQ(client.Receive().status, 400);
  ASSERT_TRUE(client.Send(GetRequest("/echo/a%00b")));
  EXPECT_EQ(client.Receive().status, 400);
}

TEST(Server, RequestIdIsEchoedOrMade) {
  RunningServer server({}, EchoRoutes());
  RawClient client(server.port());
  ASSERT_TRUE(client.Send(GetRequest("/fast", "X-Request-Id: abc-1\r\n")));
  EXPECT_EQ(client.Receive().Header("X-Request-Id"), "abc-1");
  ASSERT_TRUE(client.Send(GetRequest("/fast", "X-Request-Id: has space\r\n")));
  EXPECT_EQ(client.Receive().Header("X-Request-Id").size(), 16u);
}

TEST(Server, HttpOneZeroClosesUnlessAskedToKeepAlive) {
  RunningServer server({}, EchoRoutes());
  RawClient client(server.port());
  ASSERT_TRUE(client.Send("GET /fast HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(client.Receive().Header("Connection"), "keep-alive");
  ASSERT_TRUE(client.Send("GET /fast HTTP/1.0\r\n\r\n"));
  EXPECT_THAT(client.ReceiveAll(), HasSubstr("fast"));
}

TEST(Server, HeadSendsTheLengthWithoutTheBody) {
  RunningServer server({}, EchoRoutes());
  RawClient client(server.port());
  ASSERT_TRUE(client.Send("HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n" + GetRequest("/fast")));
  EXPECT_EQ(client.Receive(/*head_only=*/true).status, 200);
  EXPECT_EQ(client.Receive().body, "fast");
}

}  // namespace
}  // namespace deltaport::ports::wire
