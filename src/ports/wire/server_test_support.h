// A raw socket client and a running server for the tests of ports/wire.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ports/wire/server.h"

namespace deltaport::ports::wire {

// One response as it came over the wire; `body` without chunk framing, still content-encoded.
struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;
  bool complete = false;  // False: the connection ended before the body did.

  // First value of the header spelled exactly so; "" if absent.
  std::string Header(std::string_view name) const;
};

// A blocking TCP connection to 127.0.0.1.
class RawClient {
 public:
  explicit RawClient(uint16_t port, int receive_buffer_bytes = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False if the server closed the connection meanwhile.
  bool Send(std::string_view bytes);
  // The next response; status 0 if the connection ended or nothing came for ten seconds.
  RawResponse Receive(bool head_only = false);
  // All that comes until the server closes.
  std::string ReceiveAll();
  // Reads at least one and at most `max_bytes` bytes; 0 at the end.
  size_t ReceiveSome(size_t max_bytes);
  void Close();

 private:
  bool Fill();

  int socket_ = -1;
  std::string buffer_;
};

// Binds to a free port and serves on its own thread until destroyed.
class RunningServer {
 public:
  RunningServer(ServerOptions options, std::vector<Route> routes, RequestObserver observer = {});
  ~RunningServer();

  Server& server() { return *server_; }
  uint16_t port() const { return server_->port(); }
  // Shuts down and waits for Run() to return.
  void Stop();

 private:
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

// "GET /x HTTP/1.1" with Host and the given further header lines ("A: b\r\n").
std::string GetRequest(std::string_view target, std::string_view headers = {});
std::string PostRequest(std::string_view target, std::string_view body,
                        std::string_view headers = {});

// Polls until `condition` holds; false after five seconds.
bool Eventually(const std::function<bool()>& condition);

}  // namespace deltaport::ports::wire
