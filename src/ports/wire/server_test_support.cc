#include "ports/wire/server_test_support.h"

#include <chrono>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace deltaport::ports::wire {

std::string RawResponse::Header(std::string_view name) const {
  const std::string key = fmt::format("\r\n{}: ", name);
  const size_t start = head.find(key);
  if (start == std::string::npos) return "";
  const size_t value = start + key.size();
  return head.substr(value, head.find("\r\n", value) - value);
}

RawClient::RawClient(uint16_t port, int receive_buffer_bytes) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (receive_buffer_bytes > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ADD_FAILURE() << "cannot connect to port " << port;
  }
}

RawClient::~RawClient() { Close(); }

void RawClient::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawClient::Fill() {
  char bytes[65536];
  const ssize_t count = recv(socket_, bytes, sizeof(bytes), 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(count));
  return true;
}

RawResponse RawClient::Receive(bool head_only) {
  RawResponse response;
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return response;
  }
  response.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  response.status = std::stoi(response.head.substr(9, 3));
  if (head_only || response.status < 200) {
    response.complete = true;
    return response;
  }
  if (response.Header("Transfer-Encoding") != "chunked") {
    const size_t size = std::stoul("0" + response.Header("Content-Length"));
    while (buffer_.size() < size && Fill()) {
    }
    response.complete = buffer_.size() >= size;
    response.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return response;
  }
  while (true) {
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      if (!Fill()) return response;
    }
    const size_t size = std::stoul(buffer_.substr(0, end), nullptr, 16);
    buffer_.erase(0, end + 2);
    while (buffer_.size() < size + 2) {
      if (!Fill()) return response;
    }
    response.body += buffer_.substr(0, size);
    buffer_.erase(0, size + 2);
    if (size == 0) break;
  }
  response.complete = true;
  return response;
}

std::string RawClient::ReceiveAll() {
  while (Fill()) {
  }
  return std::exchange(buffer_, {});
}

size_t RawClient::ReceiveSome(size_t max_bytes) {
  std::string bytes(max_bytes, '\0');
  const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

RunningServer::RunningServer(ServerOptions options, std::vector<Route> routes,
                             RequestObserver observer) {
  options.port = 0;
  auto bound = Server::Bind(options, std::move(routes), std::move(observer));
  if (!bound.ok()) {
    ADD_FAILURE() << bound.status().ToString();
    std::abort();
  }
  server_ = std::move(bound).ValueUnsafe();
  thread_ = std::thread([this] { EXPECT_TRUE(server_->Run().ok()); });
}

RunningServer::~RunningServer() { Stop(); }

void RunningServer::Stop() {
  if (!thread_.joinable()) return;
  server_->Shutdown();
  thread_.join();
}

std::string GetRequest(std::string_view target, std::string_view headers) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, headers);
}

std::string PostRequest(std::string_view target, std::string_view body, std::string_view headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", target,
                     body.size(), headers, body);
}

bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

}  // namespace deltaport::ports::wire
