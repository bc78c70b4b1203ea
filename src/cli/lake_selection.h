// Which lake a command works on: --config, --lake and --table, alike in every command.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel_token.h"
#include "base/error.h"
#include "lake/configuration.h"
#include "lake/lake.h"

namespace CLI {
class App;
}

namespace deltaport::cli {

struct LakeSelection {
  std::string config_file;
  std::vector<std::string> directories;
  std::vector<std::string> tables;

  // Adds --config, --lake and --table to `command`.
  void AddTo(CLI::App& command);

  // Opens the lake and waits until every dataset is open or has failed; failures are told on
  // standard error. Tables do not change afterwards. kInvalidArgument if no lake was named.
  Result<std::unique_ptr<lake::Lake>> Open(const CancelToken& token) const;
};

// Prints the configuration's warnings on standard error.
void ReportWarnings(const lake::Configuration& configuration);

}  // namespace deltaport::cli
