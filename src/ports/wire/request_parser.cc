#include "ports/wire/request_parser.h"

#include <fmt/format.h>

#include "storage/uri.h"

namespace deltaport::ports::wire {
namespace {

namespace http = boost::beast::http;

constexpr size_t kTargetMaxBytes = 16 * 1024;
constexpr size_t kHeaderCountMax = 256;

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

Method MethodOf(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::kGet;
    case http::verb::head:
      return Method::kHead;
    case http::verb::post:
      return Method::kPost;
    case http::verb::put:
      return Method::kPut;
    case http::verb::delete_:
      return Method::kDelete;
    case http::verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

// As HTML forms send it: '+' is a space; what cannot be decoded stays as it is.
std::string DecodeQueryPart(std::string_view part) {
  std::string text(part);
  std::replace(text.begin(), text.end(), '+', ' ');
  if (text.find('%') == std::string::npos) return text;
  auto decoded = storage::PercentDecode(text);
  return decoded.ok() ? std::move(decoded).ValueUnsafe() : text;
}

}  // namespace

RequestParser::RequestParser(Request& request, int64_t header_max_bytes, int64_t body_max_bytes)
    : request_(request), body_max_bytes_(body_max_bytes) {
  header_limit(static_cast<uint32_t>(std::min<int64_t>(header_max_bytes, UINT32_MAX)));
  basic_parser::body_limit(boost::none);
  eager(true);
}

size_t RequestParser::Consume(std::string_view bytes) {
  boost::beast::error_code error;
  const size_t used = put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (!error || error == http::error::need_more || rejection_) return used;
  if (error == http::error::header_limit) {
    if (request_.target.empty()) {
      rejection_ = Rejection{414, "the request target is too long"};
    } else {
      rejection_ = Rejection{431, "the request header is too large"};
    }
  } else {
    rejection_ = Rejection{400, fmt::format("malformed request: {}", error.message())};
  }
  return used;
}

void RequestParser::Reject(int status, std::string text, ErrorCodeOut& error) {
  if (!rejection_) rejection_ = Rejection{status, std::move(text)};
  error = http::error::bad_field;
}

void RequestParser::on_request_impl(http::verb method, BeastString, BeastString target, int version,
                                    ErrorCodeOut& error) {
  version_ = version;
  request_.method = MethodOf(method);
  request_.target.assign(target.data(), target.size());
  if (target.size() > kTargetMaxBytes) {
    Reject(414, "the request target is too long", error);
    return;
  }
  SplitTarget();
}

void RequestParser::SplitTarget() {
  const std::string_view target = request_.target;
  const size_t mark = target.find('?');
  request_.path.assign(target.substr(0, mark));
  if (mark == std::string_view::npos) return;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    request_.query.emplace_back(DecodeQueryPart(pair.substr(0, equals)), DecodeQueryPart(value));
  }
}

void RequestParser::on_field_impl(http::field field, BeastString name, BeastString value,
                                  ErrorCodeOut& error) {
  if (head_complete_) return;  // A trailer of a chunked body.
  switch (field) {
    case http::field::host:
      if (++host_count_ > 1) return Reject(400, "more than one Host header", error);
      break;
    case http::field::content_length:
      if (++content_length_count_ > 1 || has_transfer_encoding_ ||
          value.find(',') != BeastString::npos) {
        return Reject(400, "the length of the body is given twice", error);
      }
      break;
    case http::field::transfer_encoding:
      // Anything but a single "chunked" could be framed in another way by a proxy before us.
      if (has_transfer_encoding_ || content_length_count_ > 0) {
        return Reject(400, "the length of the body is given twice", error);
      }
      if (version_ == 10 || !EqualsIgnoringCase(View(value), "chunked")) {
        return Reject(400, "this Transfer-Encoding is not supported: use chunked", error);
      }
      has_transfer_encoding_ = true;
      break;
    case http::field::expect:
      if (!EqualsIgnoringCase(View(value), "100-continue")) {
        return Reject(417, "this expectation is not supported", error);
      }
      expects_continue_ = version_ == 11;
      break;
    default:
      break;
  }
  if (request_.headers.size() >= kHeaderCountMax) {
    return Reject(431, "too many headers", error);
  }
  request_.headers.emplace_back(View(name), View(value));
}

void RequestParser::on_header_impl(ErrorCodeOut& error) {
  head_complete_ = true;
  if (version_ == 11 && host_count_ == 0) {
    return Reject(400, "the Host header is missing", error);
  }
  const boost::optional<uint64_t> length = content_length();
  if (!length) return;
  if (*length > static_cast<uint64_t>(body_max_bytes_)) {
    return Reject(413,
                  fmt::format("JSON payload ({} bytes) is larger than allowed (limit: {} bytes).",
                              *length, body_max_bytes_),
                  error);
  }
  // Memory follows what arrives, not what was announced.
  request_.body.reserve(std::min<uint64_t>(*length, 64 * 1024));
}

size_t RequestParser::on_body_impl(BeastString bytes, ErrorCodeOut&) {
  request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

size_t RequestParser::on_chunk_body_impl(uint64_t, BeastString bytes, ErrorCodeOut& error) {
  if (request_.body.size() + bytes.size() > static_cast<uint64_t>(body_max_bytes_)) {
    Reject(413, fmt::format("JSON payload has exceeded limit ({} bytes).", body_max_bytes_), error);
    return 0;
  }
  request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

}  // namespace deltaport::ports::wire
