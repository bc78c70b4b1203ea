// Delta actions from and to the JSON of a commit file: one action a line.

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "columnar/json_document.h"
#include "delta/action.h"

namespace deltaport::delta {

// Takes the actions of a log file one by one.
class LogVisitor {
 public:
  virtual ~LogVisitor() = default;

  // The views hold during the call only.
  virtual Status OnAdd(const AddFileView& add) = 0;
  // All others but commitInfo.
  virtual Status OnAction(Action&& action) = 0;
  // commitInfo, which is free JSON by the protocol.
  virtual Status OnCommitInfo(columnar::JsonValue info) = 0;
  // Only JSON checkpoints hold these two.
  virtual Status OnSidecar(std::string_view path);
  virtual Status OnCheckpointMetadata(int64_t version);
};

// Which lines of which file `bytes` are.
struct LogLines {
  std::string_view file;
  size_t lines_before = 0;
};

// Visits the actions of whole lines in file order, and says how many lines were not blank. Unknown
// actions and fields are passed over. kCorruptTable naming the file and the line for malformed
// JSON, a wrong type or a missing required field; kResourceExhausted for a line over 128 MiB.
Result<size_t> VisitLogLines(std::string_view bytes, const LogLines& lines, LogVisitor& visitor);

// The error for a commit without any action.
Status EmptyCommit(std::string_view file);

// Calls `visit` for each action of a commit, in file order. Errors are those of VisitLogLines, and
// kCorruptTable for a commit without any line. What is odd in commitInfo is passed over.
Status ParseCommit(std::string_view bytes, std::string_view file,
                   const std::function<Status(Action&&)>& visit);

// The object of such an action without its name, as other files of a log hold it. Errors as above.
Result<Protocol> ProtocolFromJson(columnar::JsonValue object);
Result<Metadata> MetadataFromJson(columnar::JsonValue object);

// One line, without its end.
std::string ActionToJson(const Action& action);

}  // namespace deltaport::delta
