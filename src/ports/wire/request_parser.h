// Parses one HTTP/1.x request into a Request, with Beast's parser and stricter rules on top.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/beast/http/basic_parser.hpp>

#include "ports/wire/http_message.h"

namespace deltaport::ports::wire {

// What to answer to a request that cannot be served; the connection is closed after it.
struct Rejection {
  int status = 400;
  std::string text;
};

// For one request. Feed it with Consume until complete() or rejection().
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  // `request` must outlive the parser. Bodies over `body_max_bytes` are rejected.
  RequestParser(Request& request, int64_t header_max_bytes, int64_t body_max_bytes);

  // Takes what it can of `bytes` and returns how much; the rest has to be offered again together
  // with what follows it.
  size_t Consume(std::string_view bytes);

  bool complete() const { return is_done(); }
  bool head_complete() const { return head_complete_; }
  const std::optional<Rejection>& rejection() const { return rejection_; }

  // These hold once the head is complete.
  bool keep_alive() const { return basic_parser::keep_alive(); }
  bool is_http_1_0() const { return version_ == 10; }
  bool expects_continue() const { return expects_continue_; }

 private:
  using ErrorCodeOut = boost::beast::error_code;
  using BeastString = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb method, BeastString method_text, BeastString target,
                       int version, ErrorCodeOut& error) override;
  void on_response_impl(int, BeastString, int, ErrorCodeOut&) override {}
  void on_field_impl(boost::beast::http::field field, BeastString name, BeastString value,
                     ErrorCodeOut& error) override;
  void on_header_impl(ErrorCodeOut& error) override;
  void on_body_init_impl(const boost::optional<uint64_t>&, ErrorCodeOut&) override {}
  size_t on_body_impl(BeastString bytes, ErrorCodeOut& error) override;
  void on_chunk_header_impl(uint64_t, BeastString, ErrorCodeOut&) override {}
  size_t on_chunk_body_impl(uint64_t remain, BeastString bytes, ErrorCodeOut& error) override;
  void on_finish_impl(ErrorCodeOut&) override {}

  // Stops parsing; the first rejection counts.
  void Reject(int status, std::string text, ErrorCodeOut& error);
  void SplitTarget();

  Request& request_;
  const int64_t body_max_bytes_;
  std::optional<Rejection> rejection_;
  int version_ = 11;
  int host_count_ = 0;
  int content_length_count_ = 0;
  bool has_transfer_encoding_ = false;
  bool expects_continue_ = false;
  bool head_complete_ = false;
};

}  // namespace deltaport::ports::wire
