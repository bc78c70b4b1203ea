// Streamed responses: back-pressure, slow readers, errors in the middle, codings.

#include <atomic>
#include <chrono>
#include <thread>

#include <brotli/decode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "ports/wire/compression.h"
#include "ports/wire/server_test_support.h"

namespace deltaport::ports::wire {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::string SomeJson(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i)
    text += fmt::format("{{\"id\":{},\"x\":\"abc\"}},", i);
  return text;
}

Route StreamRoute(std::string pattern, BodyProducer producer, std::string type) {
  Route route;
  route.pattern = std::move(pattern);
  route.handler = [producer = std::move(producer), type = std::move(type)](const Request&) {
    Response response;
    response.content_type = type;
    response.producer = producer;
    return response;
  };
  return route;
}

std::string Inflate(std::string_view bytes, int window_bits) {
  z_stream stream{};
  inflateInit2(&stream, window_bits);
  std::string out(64 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string Unzstd(std::string_view bytes) {
  std::string out(64 << 20, '\0');
  ZSTD_DStream* stream = ZSTD_createDStream();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer block{out.data(), out.size(), 0};
  EXPECT_EQ(ZSTD_decompressStream(stream, &block, &in), 0u);
  ZSTD_freeDStream(stream);
  out.resize(block.pos);
  return out;
}

std::string Unbrotli(std::string_view bytes) {
  std::string out(64 << 20, '\0');
  size_t size = out.size();
  EXPECT_EQ(BrotliDecoderDecompress(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()),
                                    &size, reinterpret_cast<uint8_t*>(out.data())),
            BROTLI_DECODER_RESULT_SUCCESS);
  out.resize(size);
  return out;
}

std::string Decode(std::string_view coding, std::string_view bytes) {
  if (coding == "gzip") return Inflate(bytes, 15 + 16);
  if (coding == "deflate") return Inflate(bytes, 15);
  if (coding == "zstd") return Unzstd(bytes);
  if (coding == "br") return Unbrotli(bytes);
  return std::string(bytes);
}

TEST(Compression, EveryCodingDecodesToTheSameBodyPlainOrStreamed) {
  const std::string body = SomeJson(3'000'000);
  std::vector<Route> routes;
  Route plain;
  plain.pattern = "/plain";
  plain.handler = [&](const Request&) {
    Response response;
    response.content_type = "application/json";
    response.body = body;
    return response;
  };
  routes.push_back(plain);
  const BodyProducer producer = [&](BodyWriter& writer) -> Status {
    for (size_t at = 0; at < body.size(); at += 100'000) {
      ARROW_RETURN_NOT_OK(writer.Write(body.substr(at, 100'000)));
    }
    return Status::OK();
  };
  routes.push_back(StreamRoute("/stream", producer, "application/json"));
  routes.push_back(StreamRoute("/arrow", producer, "application/vnd.apache.arrow.stream"));
  RunningServer server({}, std::move(routes));
  RawClient client(server.port());
  for (const std::string path : {"/plain", "/stream"}) {
    for (const std::string coding : {"gzip", "deflate", "zstd", "br", "identity"}) {
      ASSERT_TRUE(client.Send(GetRequest(path, "Accept-Encoding: " + coding + "\r\n")));
      const RawResponse response = client.Receive();
      ASSERT_TRUE(response.complete) << path << coding;
      if (coding != "identity") {
        EXPECT_EQ(response.Header("Content-Encoding"), coding);
        EXPECT_EQ(response.Header("Vary"), "accept-encoding");
        EXPECT_LT(response.body.size(), body.size() / 3);
      }
      EXPECT_TRUE(Decode(coding, response.body) == body) << path << coding;
    }
  }
  ASSERT_TRUE(client.Send(GetRequest("/arrow", "Accept-Encoding: gzip\r\n")));
  EXPECT_TRUE(client.Receive().body == body);
  ASSERT_TRUE(client.Send(GetRequest("/plain?compress=off", "Accept-Encoding: gzip\r\n")));
  EXPECT_EQ(client.Receive().Header("Content-Encoding"), "identity");
  ASSERT_TRUE(client.Send(GetRequest("/plain", "Accept-Encoding: identity;q=0\r\n")));
  EXPECT_EQ(client.Receive().status, 406);
}

TEST(Compression, NegotiationFollowsQualityThenPreference) {
  EXPECT_EQ(NegotiateCoding("gzip, br"), ContentCoding::kBrotli);
  EXPECT_EQ(NegotiateCoding("br;q=0.5, gzip;q=1.0"), ContentCoding::kGzip);
  EXPECT_EQ(NegotiateCoding("gzip, zstd"), ContentCoding::kZstd);
  EXPECT_EQ(NegotiateCoding("GZIP ; Q=0.3 , deflate;q=0.4"), ContentCoding::kDeflate);
  EXPECT_EQ(NegotiateCoding("*"), ContentCoding::kIdentity);
  EXPECT_EQ(NegotiateCoding(""), ContentCoding::kIdentity);
  EXPECT_EQ(NegotiateCoding("gzip;q=0"), ContentCoding::kIdentity);
  EXPECT_EQ(NegotiateCoding("gzip;q=0.5, identity"), ContentCoding::kIdentity);
  EXPECT_EQ(NegotiateCoding("gzip;q=banana"), ContentCoding::kIdentity);
  EXPECT_EQ(NegotiateCoding("identity;q=0"), std::nullopt);
  EXPECT_EQ(NegotiateCoding("*;q=0"), std::nullopt);
  EXPECT_EQ(NegotiateCoding("identity;q=0, gzip"), ContentCoding::kGzip);
}

TEST(StreamConcurrency, SlowReaderHoldsABoundedAmountAndNoWorker) {
  constexpr int64_t kBuffer = 256 * 1024;
  constexpr size_t kPiece = 64 * 1024;
  constexpr int kReaders = 6;
  std::atomic<int64_t> produced = 0;
  std::atomic<int> ended = 0;
  std::vector<Route> routes;
  routes.push_back(StreamRoute(
      "/stream",
      [&](BodyWriter& writer) -> Status {
        Status status;
        for (int i = 0; i < 4'000 && status.ok(); ++i) {
          status = writer.Write(std::string(kPiece, 'x'));
          if (status.ok()) produced += kPiece;
        }
        ++ended;
        return status;
      },
      "application/octet-stream"));
  Route quick;
  quick.pattern = "/quick";
  quick.handler = [](const Request&) { return Response{}; };
  routes.push_back(quick);
  ServerOptions options;
  options.worker_threads = 2;
  options.stream_buffer_bytes = kBuffer;
  options.streams_max = kReaders;
  RunningServer server(options, std::move(routes));
  std::vector<std::unique_ptr<RawClient>> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.push_back(std::make_unique<RawClient>(server.port(), 4096));
    ASSERT_TRUE(readers.back()->Send(GetRequest("/stream")));
    EXPECT_GT(readers.back()->ReceiveSome(1), 0u);
  }
  // All producers stand still once the buffers, ours and the kernel's, are full.
  int64_t before = -1;
  EXPECT_TRUE(Eventually([&] {
    std::this_thread::sleep_for(milliseconds(50));
    return std::exchange(before, produced.load()) == produced.load();
  }));
  const int64_t kernel_buffers = int64_t{kReaders} * 8 * 1024 * 1024;
  EXPECT_LT(produced.load(), kReaders * (kBuffer + int64_t{kPiece}) + kernel_buffers);
  EXPECT_EQ(ended, 0);
  // More readers than workers are stuck, and other requests still find one.
  RawClient other(server.port());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(other.Send(GetRequest("/quick")));
    EXPECT_EQ(other.Receive().status, 200);
  }
  ASSERT_TRUE(other.Send(GetRequest("/stream")));
  EXPECT_EQ(other.Receive().status, 503);
  // Readers that leave end their producers.
  readers.clear();
  EXPECT_TRUE(Eventually([&] { return ended == kReaders; }));
}

TEST(StreamConcurrency, ReaderThatTakesNothingIsCutAfterTheTimeout) {
  std::atomic<bool> cut = false;
  std::vector<Route> routes;
  routes.push_back(StreamRoute(
      "/stream",
      [&](BodyWriter& writer) -> Status {
        Status status;
        while (status.ok()) status = writer.Write(std::string(1 << 20, 'x'));
        cut = CodeOf(status) == ErrorCode::kDeadlineExceeded;
        return status;
      },
      "application/octet-stream"));
  ServerOptions options;
  options.request_timeout = milliseconds(200);
  RunningServer server(options, std::move(routes));
  RawClient client(server.port(), 4096);
  ASSERT_TRUE(client.Send(GetRequest("/stream")));
  EXPECT_TRUE(Eventually([&] { return cut.load(); }));
}

TEST(StreamConcurrency, ErrorBeforeTheFirstByteIsAResponseAndLaterOneCutsTheConnection) {
  std::vector<Route> routes;
  routes.push_back(StreamRoute(
      "/early",
      [](BodyWriter&) { return Error(ErrorCode::kInvalidArgument, "unknown column: nope"); },
      "application/json"));
  routes.push_back(StreamRoute(
      "/late",
      [](BodyWriter& writer) -> Status {
        ARROW_RETURN_NOT_OK(writer.Write("first"));
        std::this_thread::sleep_for(milliseconds(100));
        return Error(ErrorCode::kIo, "disk");
      },
      "application/json"));
  routes.push_back(
      StreamRoute("/empty", [](BodyWriter&) { return Status::OK(); }, "application/json"));
  RunningServer server({}, std::move(routes));
  RawClient client(server.port());
  ASSERT_TRUE(client.Send(GetRequest("/early")));
  const RawResponse early = client.Receive();
  EXPECT_EQ(early.status, 400);
  EXPECT_EQ(early.body, R"({"error":"unknown column: nope"})");
  ASSERT_TRUE(client.Send(GetRequest("/empty")));
  EXPECT_TRUE(client.Receive().complete);
  ASSERT_TRUE(client.Send(GetRequest("/late")));
  const RawResponse late = client.Receive();
  EXPECT_EQ(late.status, 200);
  EXPECT_FALSE(late.complete);
  EXPECT_EQ(late.body, "first");
}

TEST(StreamConcurrency, HttpOneZeroGetsTheBodyUpToTheEnd) {
  std::vector<Route> routes;
  routes.push_back(StreamRoute(
      "/stream", [](BodyWriter& writer) { return writer.Write("all of it"); }, "text/plain"));
  RunningServer server({}, std::move(routes));
  RawClient client(server.port());
  ASSERT_TRUE(client.Send("GET /stream HTTP/1.0\r\n\r\n"));
  const std::string answer = client.ReceiveAll();
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\nall of it"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("chunked")));
}

}  // namespace
}  // namespace deltaport::ports::wire
