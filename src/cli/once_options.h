// --app-id and --txn-version: a write that is repeated happens once.

#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "delta/action.h"

namespace CLI {
class App;
}

namespace deltaport::cli {

struct OnceFlags {
  std::string application;
  std::optional<int64_t> version;

  void AddTo(CLI::App& command);

  // None if the options were not given; kInvalidArgument if one is missing.
  Result<std::optional<delta::SetTransaction>> Transaction() const;
};

}  // namespace deltaport::cli
