// Bad, hostile and slow clients: each gets a clear answer and the server goes on.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ports/wire/server_test_support.h"

namespace deltaport::ports::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

Response Text(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

Route MakeRoute(Method method, std::string pattern, Handler handler, bool on_io_thread = false) {
  Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  route.on_io_thread = on_io_thread;
  return route;
}

// Blocks until the token is cancelled and keeps the reason.
struct WaitingHandler {
  std::atomic<int> running = 0;
  std::atomic<int> ended = 0;
  std::mutex lock;
  Status reason;

  Response operator()(const Request& request) {
    ++running;
    while (!request.token.cancelled()) std::this_thread::sleep_for(milliseconds(1));
    {
      const std::lock_guard guard(lock);
      reason = request.token.Check();
    }
    ++ended;
    return Text("too late");
  }
  ErrorCode code() {
    const std::lock_guard guard(lock);
    return CodeOf(reason);
  }
};

std::vector<Route> RoutesWith(std::shared_ptr<WaitingHandler> waiting) {
  std::vector<Route> routes;
  routes.push_back(
      MakeRoute(Method::kGet, "/fast", [](const Request&) { return Text("fast"); }, true));
  routes.push_back(MakeRoute(Method::kGet, "/work", [](const Request&) { return Text("done"); }));
  routes.push_back(MakeRoute(Method::kPost, "/size", [](const Request& request) {
    return Text(std::to_string(request.body.size()));
  }));
  routes.push_back(MakeRoute(Method::kGet, "/wait",
                             [waiting](const Request& request) { return (*waiting)(request); }));
  routes.push_back(MakeRoute(Method::kGet, "/throw", [](const Request&) -> Response {
    throw std::runtime_error("broken");
  }));
  return routes;
}

class ServerLimitsConcurrency : public testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    options.load = load_;
    server_.emplace(options, RoutesWith(waiting_));
  }
  RawResponse Ask(const std::string& request) {
    RawClient client(server_->port());
    client.Send(request);
    return client.Receive();
  }
  void ExpectAlive() { EXPECT_EQ(Ask(GetRequest("/fast")).body, "fast"); }

  std::shared_ptr<WaitingHandler> waiting_ = std::make_shared<WaitingHandler>();
  std::shared_ptr<ServerLoad> load_ = std::make_shared<ServerLoad>();
  std::optional<RunningServer> server_;
};

TEST_F(ServerLimitsConcurrency, MalformedAndAmbiguousRequestsAre400AndClose) {
  Start();
  for (const std::string request :
       {"GARBAGE\r\n\r\n", "GET /fast HTTP/9.9\r\nHost: a\r\n\r\n", "GET /fast HTTP/1.1\r\n\r\n",
        "GET /fast HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nabcde",
        "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde",
        "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 5x\r\n\r\nabcde",
        "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        "GET /fast HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n"}) {
    RawClient client(server_->port());
    ASSERT_TRUE(client.Send(request));
    const RawResponse response = client.Receive();
    EXPECT_EQ(response.status, 400) << request;
    EXPECT_EQ(response.Header("Connection"), "close") << request;
    EXPECT_EQ(client.ReceiveAll(), "") << request;
  }
  ExpectAlive();
}

TEST_F(ServerLimitsConcurrency, HugeHeaderIs431AndHugeTargetIs414) {
  Start();
  EXPECT_EQ(Ask(GetRequest("/fast", "X-Big: " + std::string(1'000'000, 'x') + "\r\n")).status, 431);
  std::string many;
  for (int i = 0; i < 400; ++i) many += fmt::format("X-{}: 1\r\n", i);
  EXPECT_EQ(Ask(GetRequest("/fast", many)).status, 431);
  EXPECT_EQ(Ask(GetRequest("/" + std::string(1'000'000, 'x'))).status, 414);
  EXPECT_EQ(Ask(GetRequest("/" + std::string(20'000, 'x'))).status, 414);
  ExpectAlive();
}

TEST_F(ServerLimitsConcurrency, LargeBodiesAre413WithThePeersTexts) {
  Start();
  const RawResponse known = Ask(PostRequest("/size", std::string(10'000'000, 'x')));
  EXPECT_EQ(known.status, 413);
  EXPECT_EQ(known.body,
            "JSON payload (10000000 bytes) is larger than allowed (limit: 1048576 bytes).");
  EXPECT_EQ(known.Header("Content-Type"), "text/plain; charset=utf-8");

  std::string chunked = "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunked += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  const RawResponse unknown = Ask(chunked + "0\r\n\r\n");
  EXPECT_EQ(unknown.status, 413);
  EXPECT_EQ(unknown.body, "JSON payload has exceeded limit (1048576 bytes).");

  EXPECT_EQ(Ask(PostRequest("/size", std::string(1'048'576, 'x'))).body, "1048576");
  ExpectAlive();
}

TEST_F(ServerLimitsConcurrency, ChunkedBodiesArriveWholeHoweverTheyAreCut) {
  Start();
  RawClient client(server_->port());
  const std::string request =
      "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nabcde\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n" +
      GetRequest("/fast");
  for (const char c : request) ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  EXPECT_EQ(client.Receive().body, "21");
  EXPECT_EQ(client.Receive().body, "fast");
}

TEST_F(ServerLimitsConcurrency, ExpectContinueIsAnsweredOnlyForBodiesThatAreWanted) {
  Start();
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send(
      "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.Receive().status, 100);
  ASSERT_TRUE(client.Send("abc"));
  EXPECT_EQ(client.Receive().body, "3");
  EXPECT_EQ(Ask("POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n"
                "Expect: 100-continue\r\n\r\n")
                .status,
            413);
  EXPECT_EQ(Ask(GetRequest("/fast", "Expect: miracles\r\n")).status, 417);
}

TEST_F(ServerLimitsConcurrency, TruncatedRequestAndClientThatLeavesHarmNobody) {
  Start();
  for (const char* part : {"GE", "GET /fast HT", "POST /size HTTP/1.1\r\nHost: a\r\n",
                           "POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"}) {
    RawClient client(server_->port());
    ASSERT_TRUE(client.Send(part));
  }
  EXPECT_TRUE(Eventually([&] { return load_->connections == 0; }));
  ExpectAlive();
}

TEST_F(ServerLimitsConcurrency, SlowSenderIsCutWith408) {
  ServerOptions options;
  options.read_timeout = milliseconds(100);
  Start(options);
  RawClient client(server_->port());
  const auto start = steady_clock::now();
  ASSERT_TRUE(client.Send("GET /fast HTTP/1.1\r\n"));
  EXPECT_EQ(client.Receive().status, 408);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(3));
}

TEST_F(ServerLimitsConcurrency, IdleConnectionIsClosedSilently) {
  ServerOptions options;
  options.idle_timeout = milliseconds(100);
  Start(options);
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send(GetRequest("/fast")));
  EXPECT_EQ(client.Receive().body, "fast");
  EXPECT_EQ(client.ReceiveAll(), "");
}

TEST_F(ServerLimitsConcurrency, OverlongRequestIs504AndItsTokenCancelled) {
  ServerOptions options;
  options.request_timeout = milliseconds(100);
  Start(options);
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send(GetRequest("/wait")));
  const RawResponse response = client.Receive();
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(response.body, R"({"error":"request timed out"})");
  EXPECT_TRUE(Eventually([&] { return waiting_->ended == 1; }));
  EXPECT_EQ(waiting_->code(), ErrorCode::kDeadlineExceeded);
  // The connection goes on.
  ASSERT_TRUE(client.Send(GetRequest("/work")));
  EXPECT_EQ(client.Receive().body, "done");
}

TEST_F(ServerLimitsConcurrency, ClientThatLeavesCancelsItsRequestWithinASecond) {
  Start();
  auto client = std::make_unique<RawClient>(server_->port());
  // A pipelined request behind it must not hide the end.
  ASSERT_TRUE(client->Send(GetRequest("/wait") + GetRequest("/fast")));
  ASSERT_TRUE(Eventually([&] { return waiting_->running == 1; }));
  const auto start = steady_clock::now();
  client.reset();
  EXPECT_TRUE(Eventually([&] { return waiting_->ended == 1; }));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(waiting_->code(), ErrorCode::kCancelled);
}

TEST_F(ServerLimitsConcurrency, FullQueueIs503WithRetryAfterAndTheLoopStaysFree) {
  ServerOptions options;
  options.worker_threads = 2;
  options.worker_queue_max = 3;
  Start(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_->port()));
    ASSERT_TRUE(clients.back()->Send(GetRequest("/wait")));
  }
  ASSERT_TRUE(Eventually([&] { return waiting_->running == 2 && load_->queued_requests == 3; }));
  const RawResponse refused = Ask(GetRequest("/work"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Header("Retry-After"), "1");
  ExpectAlive();
  clients.clear();
  EXPECT_TRUE(Eventually([&] { return load_->connections == 0; }));
  EXPECT_EQ(Ask(GetRequest("/work")).body, "done");
}

TEST_F(ServerLimitsConcurrency, HandlerThatThrowsIs500) {
  Start();
  EXPECT_EQ(Ask(GetRequest("/throw")).status, 500);
  ExpectAlive();
}

TEST_F(ServerLimitsConcurrency, ShutdownLetsRunningRequestsFinish) {
  auto release = std::make_shared<std::atomic<bool>>(false);
  auto running = std::make_shared<std::atomic<bool>>(false);
  std::vector<Route> routes;
  routes.push_back(MakeRoute(Method::kGet, "/slow", [release, running](const Request&) {
    *running = true;
    while (!*release) std::this_thread::sleep_for(milliseconds(1));
    return Text("finished");
  }));
  RunningServer server({}, std::move(routes));
  RawClient idle(server.port());
  RawClient client(server.port());
  ASSERT_TRUE(client.Send(GetRequest("/slow")));
  ASSERT_TRUE(Eventually([&] { return running->load(); }));
  server.server().Shutdown();
  EXPECT_EQ(idle.ReceiveAll(), "");
  *release = true;
  const RawResponse response = client.Receive();
  EXPECT_EQ(response.body, "finished");
  EXPECT_EQ(response.Header("Connection"), "close");
  server.Stop();
}

TEST_F(ServerLimitsConcurrency, ShutdownCancelsWhatDoesNotFinishInTime) {
  ServerOptions options;
  options.shutdown_timeout = milliseconds(100);
  Start(options);
  RawClient client(server_->port());
  ASSERT_TRUE(client.Send(GetRequest("/wait")));
  ASSERT_TRUE(Eventually([&] { return waiting_->running == 1; }));
  const auto start = steady_clock::now();
  server_->Stop();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(3));
  EXPECT_EQ(waiting_->code(), ErrorCode::kCancelled);
}

TEST_F(ServerLimitsConcurrency, PortInUseIsAClearError) {
  Start();
  ServerOptions options;
  options.port = server_->port();
  const auto second = Server::Bind(options, {}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(CodeOf(second.status()), ErrorCode::kInvalidArgument);
  EXPECT_THAT(second.status().message(), HasSubstr(std::to_string(options.port)));
}

TEST_F(ServerLimitsConcurrency, ManyClientsAtOnceAllGetTheirAnswers) {
  Start();
  std::vector<std::thread> threads;
  std::atomic<int> correct = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      RawClient client(server_->port());
      for (int i = 0; i < 50; ++i) {
        const std::string body(static_cast<size_t>(t * 100 + i), 'x');
        client.Send(PostRequest("/size", body));
        if (client.Receive().body == std::to_string(body.size())) ++correct;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(correct, 400);
  EXPECT_TRUE(Eventually([&] { return load_->requests_in_flight == 0; }));
}

}  // namespace
}  // namespace deltaport::ports::wire
