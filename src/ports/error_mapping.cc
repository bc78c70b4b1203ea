#include "ports/error_mapping.h"

#include <array>
#include <string_view>

#include "columnar/json_rows.h"

namespace deltaport::ports {
namespace {

// In the order of ErrorCode.
constexpr std::array<ErrorMapping, 14> kMappings{{
    {ErrorCode::kInvalidArgument, 400, 2, ""},
    {ErrorCode::kNotFound, 404, 3, "not found: "},
    {ErrorCode::kAlreadyExists, 409, 4, "conflict: "},
    {ErrorCode::kPermissionDenied, 403, 5, "forbidden: "},
    {ErrorCode::kUnauthenticated, 401, 5, "unauthorized: "},
    {ErrorCode::kConflict, 409, 4, "conflict: "},
    {ErrorCode::kUnsupportedFeature, 501, 6, "not supported: "},
    {ErrorCode::kCorruptTable, 500, 7, "corrupt table: "},
    {ErrorCode::kResourceExhausted, 503, 8, "service unavailable: "},
    {ErrorCode::kCancelled, 503, 9, "service unavailable: ", 2},
    {ErrorCode::kDeadlineExceeded, 504, 10, ""},
    {ErrorCode::kUnavailable, 503, 11, "", 2},
    {ErrorCode::kIo, 500, 12, "internal error: "},
    {ErrorCode::kInternal, 500, 70, "internal error: "},
}};

constexpr bool InOrder() {
  for (size_t i = 0; i < kMappings.size(); ++i) {
    if (kMappings[i].code != static_cast<ErrorCode>(i)) return false;
  }
  return kMappings.back().code == ErrorCode::kInternal;
}
static_assert(InOrder(), "one row for each code, in the order of ErrorCode");

}  // namespace

const ErrorMapping& MappingOf(ErrorCode code) { return kMappings[static_cast<size_t>(code)]; }

int HttpStatusOf(const Status& error) { return MappingOf(CodeOf(error)).http_status; }

int ExitCodeOf(const Status& error) { return MappingOf(CodeOf(error)).exit_code; }

std::string HttpErrorText(const Status& error) {
  const ErrorCode code = CodeOf(error);
  if (code == ErrorCode::kDeadlineExceeded) return "request timed out";
  const std::string_view prefix = MappingOf(code).prefix;
  if (error.message().starts_with(prefix)) return error.message();
  return std::string(prefix) + error.message();
}

wire::Response ErrorResponse(const Status& error) {
  const ErrorMapping& mapping = MappingOf(CodeOf(error));
  wire::Response response = ErrorResponse(mapping.http_status, HttpErrorText(error));
  if (mapping.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(mapping.retry_after_seconds));
  }
  return response;
}

wire::Response ErrorResponse(int http_status, std::string_view text) {
  wire::Response response;
  response.status = http_status;
  response.content_type = "application/json";
  response.body = R"({"error":)";
  columnar::AppendJsonString(text, response.body);
  response.body += '}';
  return response;
}

}  // namespace deltaport::ports
