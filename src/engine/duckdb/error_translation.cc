#include "engine/duckdb/error_translation.h"

#include <string>

namespace deltaport::engine {
namespace {

ErrorCode CodeOfType(duckdb::ExceptionType type) {
  using duckdb::ExceptionType;
  switch (type) {
    case ExceptionType::OUT_OF_MEMORY:
      return ErrorCode::kResourceExhausted;
    case ExceptionType::INTERRUPT:
      return ErrorCode::kCancelled;
    case ExceptionType::PERMISSION:
      return ErrorCode::kPermissionDenied;
    case ExceptionType::IO:
      return ErrorCode::kIo;
    case ExceptionType::NOT_IMPLEMENTED:
      return ErrorCode::kUnsupportedFeature;
    case ExceptionType::INTERNAL:
    case ExceptionType::FATAL:
    case ExceptionType::NULL_POINTER:
    case ExceptionType::UNKNOWN_TYPE:
    case ExceptionType::INVALID:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kInvalidArgument;
  }
}

std::string WithoutScheme(std::string text) {
  const std::string scheme = kFileScheme;
  for (size_t at = text.find(scheme); at != std::string::npos; at = text.find(scheme, at)) {
    text.erase(at, scheme.size());
  }
  return text;
}

}  // namespace

Status FromErrorData(const duckdb::ErrorData& error) {
  std::string message = error.RawMessage();
  const auto location = error.ExtraInfo().find("position");
  if (location != error.ExtraInfo().end() && message.find("LINE ") == std::string::npos) {
    message += " (at character " + location->second + ")";
  }
  auto code = CodeOfType(error.Type());
  if (message.find(kFileScheme) != std::string::npos &&
      (code == ErrorCode::kInvalidArgument || code == ErrorCode::kIo)) {
    code = ErrorCode::kCorruptTable;
  }
  message = WithoutScheme(std::move(message));
  if (error.Type() == duckdb::ExceptionType::PARSER ||
      error.Type() == duckdb::ExceptionType::SYNTAX) {
    message = "could not parse SQL: " + message;
  }
  if (code == ErrorCode::kResourceExhausted) {
    message = "the query needs more memory than its limits allow: " + message;
  }
  return MakeError(code, std::move(message));
}

}  // namespace deltaport::engine
