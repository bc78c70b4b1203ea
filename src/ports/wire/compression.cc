#include "ports/wire/compression.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <brotli/encode.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "ports/wire/http_message.h"

namespace deltaport::ports::wire {
namespace {

constexpr int kBrotliQuality = 1;
constexpr int kZstdLevel = 1;
constexpr size_t kBlockBytes = 64 * 1024;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const std::string_view taken = Trim(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return taken;
}

// The q parameter in `parameters` (";"-separated), 1 if absent, 0 if it is no number.
double Quality(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = TakeUntil(parameters, ';');
    const std::string_view name = TakeUntil(parameter, '=');
    if (!EqualsIgnoringCase(name, "q")) continue;
    const std::string_view value = Trim(parameter);
    double quality = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quality);
    if (error != std::errc() || end != value.data() + value.size()) return 0;
    return quality >= 0 && quality <= 1 ? quality : 0;
  }
  return 1;
}

std::optional<ContentCoding> ParseCoding(std::string_view name) {
  if (EqualsIgnoringCase(name, "x-gzip")) return ContentCoding::kGzip;
  for (const auto coding : {ContentCoding::kBrotli, ContentCoding::kZstd, ContentCoding::kGzip,
                            ContentCoding::kDeflate, ContentCoding::kIdentity}) {
    if (EqualsIgnoringCase(name, ContentCodingName(coding))) return coding;
  }
  return std::nullopt;
}

Status EncoderFailed(ContentCoding coding, std::string_view reason) {
  return Error(ErrorCode::kInternal, "{} encoder failed: {}", ContentCodingName(coding), reason);
}

class BrotliEncoder final : public Encoder {
 public:
  BrotliEncoder() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kBrotliQuality);
  }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }

  Status Append(std::string_view bytes, std::string& out) override {
    return Run(BROTLI_OPERATION_FLUSH, bytes, out);
  }
  Status Finish(std::string& out) override { return Run(BROTLI_OPERATION_FINISH, {}, out); }

 private:
  Status Run(BrotliEncoderOperation operation, std::string_view bytes, std::string& out) {
    size_t in_size = bytes.size();
    const auto* in = reinterpret_cast<const uint8_t*>(bytes.data());
    do {
      size_t out_size = 0;
      if (!BrotliEncoderCompressStream(state_, operation, &in_size, &in, &out_size, nullptr,
                                       nullptr)) {
        return EncoderFailed(ContentCoding::kBrotli, "out of memory");
      }
      size_t taken = 0;
      while (BrotliEncoderHasMoreOutput(state_)) {
        const uint8_t* piece = BrotliEncoderTakeOutput(state_, &taken);
        out.append(reinterpret_cast<const char*>(piece), taken);
        taken = 0;
      }
    } while (in_size > 0);
    return Status::OK();
  }

  BrotliEncoderState* state_;
};

class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder() : context_(ZSTD_createCCtx()) {
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kZstdLevel);
  }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }

  Status Append(std::string_view bytes, std::string& out) override {
    return Run(ZSTD_e_flush, bytes, out);
  }
  Status Finish(std::string& out) override { return Run(ZSTD_e_end, {}, out); }

 private:
  Status Run(ZSTD_EndDirective directive, std::string_view bytes, std::string& out) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    size_t remaining = 0;
    do {
      const size_t before = out.size();
      out.resize(before + kBlockBytes);
      ZSTD_outBuffer block{out.data() + before, kBlockBytes, 0};
      remaining = ZSTD_compressStream2(context_, &block, &in, directive);
      out.resize(before + block.pos);
      if (ZSTD_isError(remaining)) {
        return EncoderFailed(ContentCoding::kZstd, ZSTD_getErrorName(remaining));
      }
    } while (remaining > 0 || in.pos < in.size);
    return Status::OK();
  }

  ZSTD_CCtx* context_;
};

// gzip and deflate (the zlib format, as HTTP means it).
class IsalEncoder final : public Encoder {
 public:
  explicit IsalEncoder(ContentCoding coding) : coding_(coding), state_(new State) {
    isal_deflate_init(&state_->stream);
    state_->stream.level = 1;
    state_->stream.level_buf = state_->level_buffer.data();
    state_->stream.level_buf_size = static_cast<uint32_t>(state_->level_buffer.size());
    state_->stream.gzip_flag = coding == ContentCoding::kGzip ? IGZIP_GZIP : IGZIP_ZLIB;
  }

  Status Append(std::string_view bytes, std::string& out) override {
    // The library counts input in 32 bits.
    constexpr size_t kPieceBytes = size_t{1} << 30;
    while (!bytes.empty()) {
      ARROW_RETURN_NOT_OK(Run(bytes.substr(0, kPieceBytes), false, out));
      bytes.remove_prefix(std::min(bytes.size(), kPieceBytes));
    }
    return Status::OK();
  }
  Status Finish(std::string& out) override { return Run({}, true, out); }

 private:
  struct State {
    isal_zstream stream;
    std::array<uint8_t, ISAL_DEF_LVL1_DEFAULT> level_buffer;
  };

  Status Run(std::string_view bytes, bool end, std::string& out) {
    isal_zstream& stream = state_->stream;
    stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uint32_t>(bytes.size());
    stream.end_of_stream = end ? 1 : 0;
    stream.flush = end ? NO_FLUSH : SYNC_FLUSH;
    do {
      const size_t before = out.size();
      out.resize(before + kBlockBytes);
      stream.next_out = reinterpret_cast<uint8_t*>(out.data() + before);
      stream.avail_out = kBlockBytes;
      const int result = isal_deflate(&stream);
      out.resize(out.size() - stream.avail_out);
      if (result != COMP_OK) return EncoderFailed(coding_, std::to_string(result));
    } while (stream.avail_out == 0 || stream.avail_in > 0);
    return Status::OK();
  }

  ContentCoding coding_;
  std::unique_ptr<State> state_;
};

}  // namespace

std::string_view ContentCodingName(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kBrotli:
      return "br";
    case ContentCoding::kZstd:
      return "zstd";
    case ContentCoding::kGzip:
      return "gzip";
    case ContentCoding::kDeflate:
      return "deflate";
    case ContentCoding::kIdentity:
      break;
  }
  return "identity";
}

std::optional<ContentCoding> NegotiateCoding(std::string_view accept_encoding) {
  ContentCoding best = ContentCoding::kIdentity;
  double best_quality = 0;
  std::optional<double> identity_quality;
  std::optional<double> any_quality;
  while (!accept_encoding.empty()) {
    std::string_view member = TakeUntil(accept_encoding, ',');
    const std::string_view name = TakeUntil(member, ';');
    const double quality = Quality(member);
    if (name == "*") any_quality = quality;
    const std::optional<ContentCoding> coding = ParseCoding(name);
    if (!coding) continue;
    if (*coding == ContentCoding::kIdentity) {
      identity_quality = quality;
    } else if (quality > best_quality || (quality == best_quality && *coding < best)) {
      // The enumeration is in order of preference.
      if (quality > 0) best = *coding;
      best_quality = quality;
    }
  }
  if (best != ContentCoding::kIdentity && identity_quality.value_or(0) <= best_quality) {
    return best;
  }
  const bool plain_accepted = identity_quality.value_or(any_quality.value_or(1)) > 0;
  if (!plain_accepted) return std::nullopt;
  return ContentCoding::kIdentity;
}

Result<std::unique_ptr<Encoder>> Encoder::Make(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kBrotli:
      return std::make_unique<BrotliEncoder>();
    case ContentCoding::kZstd:
      return std::make_unique<ZstdEncoder>();
    case ContentCoding::kGzip:
    case ContentCoding::kDeflate:
      return std::make_unique<IsalEncoder>(coding);
    case ContentCoding::kIdentity:
      break;
  }
  return Error(ErrorCode::kInvalidArgument, "identity needs no encoder");
}

Result<std::string> Encode(ContentCoding coding, std::string_view body) {
  ARROW_ASSIGN_OR_RAISE(auto encoder, Encoder::Make(coding));
  std::string out;
  ARROW_RETURN_NOT_OK(encoder->Append(body, out));
  ARROW_RETURN_NOT_OK(encoder->Finish(out));
  return out;
}

}  // namespace deltaport::ports::wire
