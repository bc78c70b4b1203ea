// The one error vocabulary of the project: an arrow::Status that carries an ErrorCode.
//
// Functions return Status or Result<T>. A message names the thing, says what was wrong with it, and
// what to do. The ports translate the code, never the text (see ports/error_mapping.h).

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>
#include <fmt/format.h>

namespace deltaport {

using arrow::Result;
using arrow::Status;

// Closed list. A new code needs a row in ports/error_mapping.cc.
enum class ErrorCode {
  kInvalidArgument,     // The request, configuration or command line is wrong.
  kNotFound,            // The named thing does not exist.
  kAlreadyExists,       // The named thing exists and must not.
  kPermissionDenied,    // Known principal, not allowed.
  kUnauthenticated,     // No or bad credentials.
  kConflict,            // A concurrent commit or dependent object is in the way.
  kUnsupportedFeature,  // The table or request needs something that we do not have.
  kCorruptTable,        // The table's files contradict the protocol or each other.
  kResourceExhausted,   // A limit on memory, rows, depth or size was reached.
  kCancelled,           // The caller left or asked to stop.
  kDeadlineExceeded,    // The time limit of the request passed.
  kUnavailable,         // Not ready or overloaded; trying again later may work.
  kIo,                  // The operating system or a store failed.
  kInternal,            // A defect of ours.
};

// Lower-case words with underscores, for logs and machine-readable output: "invalid_argument".
std::string_view ErrorCodeName(ErrorCode code);

// Carries the ErrorCode inside an arrow::Status. A class derived from it adds what a caller needs
// to act on the error; CodeOf takes it like any other.
class ErrorDetail : public arrow::StatusDetail {
 public:
  explicit ErrorDetail(ErrorCode code) : code_(code) {}

  const char* type_id() const override;
  std::string ToString() const override;
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

Status MakeError(ErrorCode code, std::string message);

// Formats the message with fmt. `Error(ErrorCode::kNotFound, "dataset '{}' does not exist", name)`.
template <typename... Args>
Status Error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(code, fmt::format(format, std::forward<Args>(args)...));
}

// The code of a failed status. Statuses that Arrow itself made are mapped by their StatusCode;
// must not be called with an OK status.
ErrorCode CodeOf(const Status& status);

// The same error with "`context`: " before its message; OK stays OK.
Status WithContext(const Status& status, std::string_view context);

}  // namespace deltaport
