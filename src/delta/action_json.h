// Delta actions from and to the JSON of a commit file: one action a line.

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "delta/action.h"

namespace deltaport::delta {

// Calls `visit` for each action of a commit, in file order. Unknown actions and fields are passed
// over, and so is everything odd in commitInfo, which is free JSON by the protocol.
// kCorruptTable naming `file` and the line for malformed JSON, a wrong type or a missing required
// field, or a commit without any line; kResourceExhausted for a line over 128 MiB.
Status ParseCommit(std::string_view bytes, std::string_view file,
                   const std::function<Status(Action&&)>& visit);

// One line, without its end.
std::string ActionToJson(const Action& action);

}  // namespace deltaport::delta
