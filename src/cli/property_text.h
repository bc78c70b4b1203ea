// NAME=VALUE arguments.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace deltaport::cli {

// "name=value" texts as a map; `what` names them in messages. kInvalidArgument for another form and
// for a name that stands twice.
Result<std::map<std::string, std::string>> ParsePairs(const std::vector<std::string>& texts,
                                                      std::string_view what);

}  // namespace deltaport::cli
